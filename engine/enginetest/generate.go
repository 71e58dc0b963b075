package enginetest

import (
	"fmt"
	"maps"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/cubeward/cubeward/cube"
)

// Model is a whole model as files (SPEC 2): paths with slashes, and what stands in them.
type Model struct {
	Seed  uint64
	Files map[string]string
}

// Write writes the files of a model into a folder, making folders as needed.
func (m Model) Write(dir string) error {
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(m.Files[name]), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Size says how much Generate puts into a model.
type Size struct {
	Applications int // at most
	Members      int // at most
	Lists        int // at most, an application
	Items        int // at most, a list
	Metrics      int // at most, an application, besides access-rights metrics
	Depth        int // of formulas, about
	Long         int // items of one list, where not 0
}

// Small models have few blocks and are easy to read.
func Small() Size {
	return Size{Applications: 2, Members: 4, Lists: 2, Items: 3, Metrics: 5, Depth: 2}
}

// Medium models have more of everything.
func Medium() Size {
	return Size{Applications: 3, Members: 5, Lists: 4, Items: 5, Metrics: 9, Depth: 3}
}

// Wide models have lists of more items and members than a word has bits, and few blocks.
func Wide() Size {
	return Size{Applications: 2, Members: 140, Lists: 3, Items: 140, Metrics: 4, Depth: 2}
}

// Long models have one list of very many items.
func Long() Size {
	return Size{Applications: 2, Members: 3, Lists: 3, Items: 4, Metrics: 4, Depth: 2, Long: 12_000}
}

// cells is how many cells blocks may have, but for what User adds to access-rights metrics.
func (s Size) cells() int { return max(120, 10*s.Items, 6*s.Long) }

// Generate makes a valid model out of a seed: the same seed and size give the same files. Names, values and formulas
// are as awkward as SPEC 2 and 3 allow, every block refers only to blocks made before it, and rights are chosen so
// that members mostly read and write some cells and not others.
func Generate(seed uint64, size Size) Model {
	return Model{Seed: seed, Files: generate(seed, size).files}
}

func generate(seed uint64, size Size) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0xc0be)), size: size, files: map[string]string{}}
	g.makeApplications()
	g.makeMembers()
	for _, a := range g.apps {
		g.makeLists(a)
	}
	g.makePlainProperties()
	g.makeBlocks()
	for _, a := range g.apps {
		g.makeRules(a)
	}
	g.writeFiles()
	return g
}

type generator struct {
	*rand.Rand
	size     Size
	files    map[string]string
	apps     []*genApp
	users    *genList
	accounts map[string]string
	lists    []*genList  // all of them, by number
	visible  []*genBlock // what formulas may refer to already
	reset    bool        // settings.reset_across_applications
	alone    bool        // the only application's file stands alone
	narrow   bool        // formulas are mostly modifiers on blocks with many dimensions
	serial   int
}

type genApp struct {
	name       string
	lists      []*genList
	metrics    []*genBlock
	roles      []genRole
	roleList   *genList
	usersRoles *genBlock
	roleOf     map[string]string // by member
	scenarios  *genScenarios
	rules      []genRule
	inherit    bool
	owner      string
	taken      map[string]bool // names of lists and metrics
}

type genList struct {
	number int
	app    *genApp // nil for User
	name   string
	items  []string
	props  []*genBlock
}

// genBlock is a metric or a property.
type genBlock struct {
	of          *cube.Block // see generatorOf
	app         *genApp
	list        *genList // of a property
	name        string
	typ         genType
	order       []*genList // dimensions
	formula     string
	author      string
	overridable bool
	public      bool
	given       map[string]genValue // by items of the dimensions, joined by itemSep
	visible     bool
}

const itemSep = "\x00"

type genType struct {
	kind cube.Kind
	list *genList
}

// genValue is a value as CSV writes it; empty is BLANK.
type genValue struct {
	text  string
	blank bool
}

type genRole struct {
	name        string
	read, write bool
	permissions []string // nil: all
}

// secure says whether the role has define_application_security.
func (r genRole) secure() bool {
	return r.permissions == nil || slices.Contains(r.permissions, string(cube.DefineApplicationSecurity))
}

type genScenarios struct {
	list     *genList
	access   map[string]map[string]string
	readOnly []string
}

type genRule struct {
	name, metric, access, scope string
	on                          genTarget
	replace                     [][2]string // the mapping of each list, in the order of the file
}

// genTarget is what a rule is on: a key, the names behind it, and for properties their lists.
type genTarget struct {
	key   string
	names []string
	lists []string // of each of the names
}

// listSet is a set of lists, by number.
type listSet uint64

func setOf(lists ...*genList) listSet {
	var s listSet
	for _, l := range lists {
		s |= 1 << l.number
	}
	return s
}

func (s listSet) has(l *genList) bool   { return s&setOf(l) != 0 }
func (s listSet) within(t listSet) bool { return s&^t == 0 }
func (s listSet) len() int              { return bits.OnesCount64(uint64(s)) }
func (g *generator) in(s listSet) (out []*genList) {
	for _, l := range g.lists {
		if s.has(l) {
			out = append(out, l)
		}
	}
	return out
}

func (b *genBlock) dims() listSet { return setOf(b.order...) }

// chance is true p times in 100.
func (g *generator) chance(p int) bool { return g.IntN(100) < p }

// between is a number from lo to hi.
func (g *generator) between(lo, hi int) int { return lo + g.IntN(max(hi-lo, 0)+1) }

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

func shuffled[T any](g *generator, from []T) []T {
	out := slices.Clone(from)
	g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// some is a random part of from, not empty where from is not.
func some[T any](g *generator, from []T) []T {
	if len(from) == 0 {
		return nil
	}
	return shuffled(g, from)[:g.between(1, len(from))]
}

func (g *generator) file(stem, ext string) string {
	g.serial++
	return fmt.Sprintf("%s%d%s", stem, g.serial, ext)
}
