package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/parquetio"
	"github.com/cubeward/cubeward/inherit"
)

// modelFlags say which model is asked, or which rights file in its place, and which application names without one are
// of.
type modelFlags struct {
	path string
	file string // of rights
	app  string
	tool *tool // keeps the rights file open
}

func (m *modelFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&m.path, "model", "m", "", "the model: `PATH` of a folder with a workspace.yaml or model.yaml, or of such a file")
}

// registerEither lets a rights file stand in the place of the model.
func (m *modelFlags) registerEither(cmd *cobra.Command, t *tool) {
	m.register(cmd)
	m.registerFile(cmd, t, "in place of -m: rights that cubeward compile made, in `FILE`")
}

func (m *modelFlags) registerFile(cmd *cobra.Command, t *tool, usage string) {
	m.tool = t
	cmd.Flags().StringVarP(&m.file, "rights", "r", "", usage)
}

// asFlag is the flag that names what is asked, as a command line has it.
func (m *modelFlags) asFlag() []string {
	if m.file != "" {
		return []string{"-r", m.file}
	}
	return []string{"-m", m.path}
}

func (m *modelFlags) registerApp(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&m.app, "app", "a", "", "the application that names without one are of: `APP`; needed where there are several")
	completeFrom(cmd, "app", m, applicationNames)
}

// compile is the rights that are asked: those of the rights file, or of the model, loaded and worked out.
func (m *modelFlags) compile(ctx context.Context) (*engine.Rights, error) {
	rights, err := m.rights(ctx)
	if err != nil {
		return nil, err
	}
	if ws := rights.Workspace(); m.app != "" && ws.Application(m.app) == nil {
		return nil, unknownApplication(ws, m.app)
	}
	return rights, nil
}

func (m *modelFlags) rights(ctx context.Context) (*engine.Rights, error) {
	if m.file != "" {
		return m.tool.rightsOf(ctx, m.file)
	}
	ws, err := modelfile.Load(m.path, loadOptions())
	if err != nil {
		return nil, loadError(m.path, ws, err)
	}
	return engine.Compile(ctx, ws, engine.Options{})
}

// loadError is what modelfile could not load of the model at path, told as SPEC 6 has it.
func loadError(path string, ws *cube.Workspace, err error) error {
	var file *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist) && !errors.As(err, &file):
		return fileError(path, "holds no workspace.yaml and no model.yaml")
	case isRightsFile(path):
		return fileError(path, "a rights file and no model: commands that ask for rights take it with -r")
	case errors.Is(err, modelfile.ErrChanged):
		return failed(err)
	}
	return alsoOfFormulas(ws, err)
}

// loadOptions lets a model's tables be Parquet files too.
func loadOptions() modelfile.Options {
	return modelfile.Options{Tables: map[string]modelfile.TableReader{".parquet": parquetio.ReadTable}}
}

// alsoOfFormulas adds the mistakes of formulas and rules to those of a model's files, where ws is whole enough for them.
func alsoOfFormulas(ws *cube.Workspace, err error) error {
	var files, formulas cube.Errors
	if ws == nil || !errors.As(err, &files) {
		return err
	}
	if _, more := inherit.Resolve(ws); !errors.As(more, &formulas) {
		return err
	}
	return slices.Concat(files, formulas).Err()
}

// find is the block that -b names.
func (m *modelFlags) find(rights *engine.Rights, block string) (engine.Ref, error) {
	ref, err := rights.Find(block, m.app)
	var unknown *engine.UnknownError
	if errors.As(err, &unknown) && unknown.Name == "" {
		return ref, usage("%q: the workspace has several applications: write Application::Block, or name one with -a", block)
	}
	if err != nil {
		return ref, err
	}
	for _, l := range ref.Block.Dims { // what names a cell is looked up in them
		if err := l.Load(); err != nil {
			return ref, err
		}
	}
	return ref, nil
}

func unknownApplication(ws *cube.Workspace, name string) error {
	var names []string
	for _, a := range ws.Applications {
		names = append(names, a.Name)
	}
	if near := cube.Suggest(name, names); near != "" {
		return usage("unknown application %q (did you mean %q?)", name, near)
	}
	return usage("unknown application %q", name)
}

// askerFlags say whose rights are asked for.
type askerFlags struct {
	user string
	as   string
}

func (a *askerFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&a.user, "user", "u", "", "the member whose rights are asked for: `USER`")
	a.registerAs(cmd)
}

func (a *askerFlags) registerAs(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.as, "as", "", "impersonate: `ADMIN` acts as the member, reads what they read and writes nothing")
}

// member is who asks, seen through an administrator's eyes where --as names one.
func (a *askerFlags) member(rights *engine.Rights, name string) (*engine.Member, error) {
	if a.as != "" {
		return rights.Impersonate(a.as, name)
	}
	return rights.Member(name)
}

// refuses says whether an error is the answer no: an impersonation that is not allowed, or a cell that --refuse met.
func refuses(err error) bool {
	var impersonation *engine.RefusedError
	return errors.As(err, &impersonation)
}
