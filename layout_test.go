package cubeward_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/cubeward/cubeward"

// wing is what the law says about the packages of one folder.
type wing struct {
	imports []string // besides the standard library: own packages from the module's root, others in full; "…/..." with all below
	free    bool     // may import everything: programs
	testing bool     // made for tests: may import testing, is linked into no program
	parquet bool     // may link Parquet and, with it, gRPC
	names   int      // the most exported names; 0 means 40
}

const (
	arrowRoot = "github.com/apache/arrow-go/v18/arrow"
	roaring   = "github.com/RoaringBitmap/roaring/v2/..."
	xsync     = "golang.org/x/sync/..."
)

func arrowOnly(packages ...string) []string {
	out := []string{arrowRoot}
	for _, p := range packages {
		out = append(out, arrowRoot+"/"+p)
	}
	return out
}

// The import law for non-test files. A package that is missing here is refused: who adds one decides on its place.
var law = map[string]wing{
	".":                {},
	"cube":             {names: 80},
	"formula":          {imports: []string{"cube"}, names: 80},
	"cube/modelfile":   {imports: append(arrowOnly("array", "ipc", "memory"), "cube", "formula", "go.yaml.in/yaml/v4")},
	"bitmap":           {imports: []string{"cube", roaring, xsync}},
	"inherit":          {imports: []string{"cube", "formula"}},
	"engine":           {imports: []string{"cube", "formula", "inherit", "bitmap", xsync}},
	"engine/audit":     {imports: []string{"cube", "formula", "inherit", "bitmap", "engine"}},
	"engine/store":     {imports: []string{"cube", "formula", "inherit", "bitmap", "engine", "github.com/klauspost/compress/...", "github.com/zeebo/xxh3", xsync}},
	"engine/mask":      {imports: append(arrowOnly("array", "bitutil", "memory"), "cube", "bitmap", "engine", xsync, "golang.org/x/sys/cpu")},
	"engine/parquetio": {imports: []string{"cube/modelfile", "engine/mask", "github.com/apache/arrow-go/v18/..."}, parquet: true},
	"engine/enginetest": {
		imports: append(arrowOnly("..."), "cube/...", "formula", "bitmap", "inherit", "engine/...", "github.com/stretchr/testify/...", roaring, xsync),
		testing: true,
	},
	"engine/mask/masktest": {imports: arrowOnly("array", "extensions", "memory"), testing: true},
	"bench/fewest":         {testing: true},
	"bench/...":            {free: true},
	"cmd/...":              {free: true},
	"examples/...":         {free: true},
}

// lawOf is what the law says about a folder.
func lawOf(dir string) (wing, bool) {
	if w, ok := law[dir]; ok {
		return w, true
	}
	for d := dir; d != "."; d = path.Dir(d) {
		if w, ok := law[d+"/..."]; ok {
			return w, true
		}
	}
	return wing{}, false
}

// pkg is the non-test files of one folder.
type pkg struct {
	dir   string
	name  string
	files []source
}

type source struct {
	path  string
	lines int
	file  *ast.File
}

// survey parses every non-test Go file of the module: hidden folders, testdata and nested modules are no part of it.
func survey(house fs.FS) ([]*pkg, error) {
	byDir := map[string]*pkg{}
	fset := token.NewFileSet()
	err := fs.WalkDir(house, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, nested := fs.Stat(house, path.Join(name, "go.mod"))
			if name != "." && (nested == nil || strings.ContainsAny(d.Name()[:1], "._") || d.Name() == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(house, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		p := byDir[path.Dir(name)]
		if p == nil {
			p = &pkg{dir: path.Dir(name), name: file.Name.Name}
			byDir[p.dir] = p
		}
		p.files = append(p.files, source{name, bytes.Count(text, []byte("\n")), file})
		return nil
	})
	if err == nil && len(byDir) == 0 {
		err = fmt.Errorf("no Go files found: nothing was examined")
	}
	return slices.SortedFunc(maps.Values(byDir), func(a, b *pkg) int { return strings.Compare(a.dir, b.dir) }), err
}

func TestLayoutImports(t *testing.T) {
	pkgs, err := survey(os.DirFS("."))
	require.NoError(t, err)
	require.NotEmpty(t, pkgs)
	for _, p := range pkgs {
		for _, problem := range slices.Concat(importProblems(p), nameProblems(p)) {
			t.Error(problem)
		}
	}
}

// importProblems are the imports that the law refuses.
func importProblems(p *pkg) []string {
	w, ok := lawOf(p.dir)
	if !ok {
		return []string{p.dir + ": the import law of layout_test.go does not know this package: give it a place there"}
	}
	var out []string
	for _, s := range p.files {
		if p.dir == "." && len(s.file.Decls) > 0 {
			out = append(out, s.path+": the root holds a map of the house and no code")
		}
		for _, imp := range s.file.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil || !w.mayImport(name) {
				out = append(out, fmt.Sprintf("%s: %s may not import %s", s.path, p.dir, imp.Path.Value))
			}
			if name == "unsafe" && !strings.Contains(path.Base(s.path), "unsafe") {
				out = append(out, s.path+": unsafe is only for files that are named for it")
			}
		}
		if p.dir == "engine/enginetest" {
			out = append(out, oracleProblems(s)...)
		}
	}
	return out
}

// mayImport says whether the law allows an import. Libraries do not log, and only what is made for tests tests.
func (w wing) mayImport(name string) bool {
	if w.free {
		return true
	}
	first, _, _ := strings.Cut(name, "/")
	if !strings.Contains(first, ".") {
		return name != "log" && name != "log/slog" && (name != "testing" || w.testing)
	}
	name = strings.TrimPrefix(name, module+"/")
	return slices.ContainsFunc(w.imports, func(allowed string) bool {
		below, wide := strings.CutSuffix(allowed, "/...")
		return name == allowed || wide && (name == below || strings.HasPrefix(name, below+"/"))
	})
}

// oracleProblems are the places where the oracle asks what it must find out by itself: it may parse formulas, but what
// they mean is its own reading of SPEC.md.
func oracleProblems(s source) []string {
	var out []string
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Check", "NewEvaluator", "Evaluator", "Expr"}, sel.Sel.Name) {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == "formula" {
			out = append(out, fmt.Sprintf("%s: the oracle may not use formula.%s", s.path, sel.Sel.Name))
		}
		return true
	})
	return out
}

// nameProblems are packages without a subject.
func nameProblems(p *pkg) []string {
	var out []string
	for _, name := range []string{p.name, path.Base(p.dir)} {
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "types", "core"}, name) {
			out = append(out, fmt.Sprintf("%s: %q says nothing about what the package is for", p.dir, name))
		}
	}
	return slices.Compact(out)
}

func TestLayoutSize(t *testing.T) {
	pkgs, err := survey(os.DirFS("."))
	require.NoError(t, err)
	require.NotEmpty(t, pkgs)
	t.Logf("%-28s %5s %5s %8s", "package", "files", "lines", "exported")
	for _, p := range pkgs {
		lines := 0
		for _, s := range p.files {
			lines += s.lines
			if s.lines > 600 {
				t.Logf("%s has %d lines: more than one idea?", s.path, s.lines)
			}
		}
		t.Logf("%-28s %5d %5d %8d", p.dir, len(p.files), lines, len(exported(p)))
		for _, problem := range sizeProblems(p) {
			t.Error(problem)
		}
	}
}

// sizeProblems says where a package exports more names than a reader wants to meet.
func sizeProblems(p *pkg) []string {
	w, _ := lawOf(p.dir)
	limit := w.names
	if limit == 0 {
		limit = 40
	}
	if n := len(exported(p)); n > limit {
		return []string{fmt.Sprintf("%s exports %d names, at most %d are allowed", p.dir, n, limit)}
	}
	return nil
}

// exported are the exported names at the top of a package. Methods count with their type, and so do the constants of
// an enumeration: whoever has met the type has met them.
func exported(p *pkg) []string {
	var out []string
	for _, s := range p.files {
		for _, decl := range s.file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					out = append(out, d.Name.Name)
				}
			case *ast.GenDecl:
				typed := false
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						if spec.Name.IsExported() {
							out = append(out, spec.Name.Name)
						}
					case *ast.ValueSpec:
						if local, ok := spec.Type.(*ast.Ident); ok {
							typed = local.IsExported()
						} else if len(spec.Values) > 0 {
							typed = false
						}
						for _, name := range spec.Names {
							if name.IsExported() && (d.Tok != token.CONST || !typed) {
								out = append(out, name.Name)
							}
						}
					}
				}
			}
		}
	}
	return out
}

func TestLayoutDocs(t *testing.T) {
	pkgs, err := survey(os.DirFS("."))
	require.NoError(t, err)
	require.NotEmpty(t, pkgs)
	for _, p := range pkgs {
		for _, problem := range docProblems(p) {
			t.Error(problem)
		}
	}
}

// docProblems are packages and exported names without a comment, and functions named init.
func docProblems(p *pkg) []string {
	var out []string
	if !slices.ContainsFunc(p.files, func(s source) bool { return s.file.Doc != nil }) {
		out = append(out, p.dir+": no package comment")
	}
	for _, s := range p.files {
		missing := func(name string) { out = append(out, fmt.Sprintf("%s: %s has no doc comment", s.path, name)) }
		for _, decl := range s.file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					out = append(out, s.path+": no init functions")
				}
				if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
					missing(d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil {
							missing(spec.Name.Name)
						}
					case *ast.ValueSpec:
						if spec.Names[0].IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
							missing(spec.Names[0].Name)
						}
					}
				}
			}
		}
	}
	return out
}

// receiver is the name of a method's type.
func receiver(d *ast.FuncDecl) string {
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// What a user of the library links: none of it may bring in a server, a file format or a command line.
func TestLayoutLinks(t *testing.T) {
	pkgs, err := survey(os.DirFS("."))
	require.NoError(t, err)
	var library []string
	for _, p := range pkgs {
		if w, ok := lawOf(p.dir); ok && !w.free && !w.testing && !w.parquet && p.dir != "." {
			library = append(library, module+"/"+p.dir)
		}
	}
	require.NotEmpty(t, library, "nothing was examined")
	out, err := exec.Command("go", append([]string{"list", "-deps", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`}, library...)...).Output()
	require.NoError(t, err, "go list: %s", stderr(err))
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		imports[fields[0]] = fields[1:]
	}
	for _, root := range library {
		require.Contains(t, imports, root, "go list did not look at it")
		if chain := linkProblem(imports, root); chain != nil {
			t.Errorf("a library package links what no user of it should: %s", strings.Join(chain, " → "))
		}
	}
}

func stderr(err error) []byte {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.Stderr
	}
	return nil
}

// linkProblem is the shortest chain of imports from root to something that libraries may not link, or nil.
func linkProblem(imports map[string][]string, root string) []string {
	chains := [][]string{{root}}
	seen := map[string]bool{root: true}
	for len(chains) > 0 {
		chain := chains[0]
		chains = chains[1:]
		last := chain[len(chain)-1]
		for _, heavy := range []string{"google.golang.org/grpc", "github.com/apache/arrow-go/v18/parquet", "github.com/spf13/cobra"} {
			if last == heavy || strings.HasPrefix(last, heavy+"/") {
				return chain
			}
		}
		for _, next := range imports[last] {
			if !seen[next] {
				seen[next] = true
				chains = append(chains, append(slices.Clone(chain), next))
			}
		}
	}
	return nil
}
