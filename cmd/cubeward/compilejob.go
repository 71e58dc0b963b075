package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
	"github.com/cubeward/cubeward/engine/store"
)

// compileJob is one run of `cubeward compile`.
type compileJob struct {
	*compileFlags
	t      *tool
	stages *stages
	report compileReport
	old    *rightsFile // of --since, nil where there is none
}

// compile carries out the command.
func (t *tool) compile(ctx context.Context, f *compileFlags) error {
	j := &compileJob{compileFlags: f, t: t, stages: newStages(t.stderr, "compile")}
	defer j.stages.close()
	bounded, done := withinMemory(ctx, int64(f.memory))
	defer done()
	err := j.run(bounded)
	if why := context.Cause(bounded); why != nil && ctx.Err() == nil && errors.Is(err, context.Canceled) {
		err = why // there is not enough memory
	}
	if err != nil {
		return err
	}
	j.report.took(j.stages)
	j.stages.close()
	return t.tellRun(&f.report, &j.report)
}

func (j *compileJob) run(ctx context.Context) error {
	j.report.Output = j.out
	if j.shard.of > 0 {
		part := j.shard.String()
		j.report.Shard = &part
	}
	j.stages.begin("load")
	if reused, err := j.reuse(ctx); reused || err != nil {
		return err
	}
	ws, inputs, err := j.load(ctx)
	if err != nil {
		return err
	}
	if err := j.takes(inputs); err != nil {
		return err
	}
	opt := engine.Options{Workers: j.workers, Progress: j.stages.progress}
	if opt.Members, err = j.members(ws); err != nil {
		return err
	}
	if j.old != nil {
		if opt.Since, err = j.old.Rights(ctx, engine.Options{Workers: j.workers}); err != nil {
			return ofRightsFile(j.since, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	rights, err := engine.Compile(ctx, ws, opt)
	if err != nil {
		return err
	}
	j.report.count(rights.Stats())
	j.report.Held = j.report.Members
	if opt.Members != nil {
		j.report.Held = len(opt.Members)
	}
	return j.write(ctx, func(w io.Writer) error {
		return store.Write(ctx, w, rights, store.WriteOptions{Inputs: stored(inputs), Folder: modelFolder(j.model.path), Shard: j.shard.i, Shards: j.shard.of})
	})
}

// load reads the model. Where the context ends it does not wait: who ends it wants the memory, or to be gone.
func (j *compileJob) load(ctx context.Context) (*cube.Workspace, []modelfile.Input, error) {
	type loaded struct {
		ws     *cube.Workspace
		inputs []modelfile.Input
		err    error
		panic  any // is to be where it would have been without a goroutine
	}
	opt := loadOptions()
	opt.Workers = j.workers
	opt.Progress = func(done, total int64) { j.stages.report("load", int(done), int(total)) }
	ready := make(chan loaded, 1)
	go func() {
		var l loaded
		defer func() {
			l.panic = recover()
			ready <- l
		}()
		l.ws, l.inputs, l.err = modelfile.LoadInputs(j.model.path, opt)
	}()
	select {
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	case l := <-ready:
		switch {
		case l.panic != nil:
			panic(l.panic)
		case l.err != nil:
			return nil, nil, loadError(j.model.path, l.ws, l.err)
		}
		return l.ws, l.inputs, nil
	}
}

// members are those whose rights are worked out; nil means all.
func (j *compileJob) members(ws *cube.Workspace) ([]cube.ItemID, error) {
	if j.shard.of > 0 {
		return store.ShardMembers(j.shard.i, j.shard.of, ws.Users.Len()), nil
	}
	return j.chosen(ws)
}

// takes notes of which files the model is made. None of them may be the output.
func (j *compileJob) takes(inputs []modelfile.Input) error {
	var names []string
	j.report.Inputs = []inputReport{}
	for _, in := range inputs {
		names = append(names, in.Path)
		j.report.Inputs = append(j.report.Inputs, inputReport{in.Path, in.Size, hex.EncodeToString(in.SHA256[:])})
	}
	if j.old != nil {
		j.report.Reused.Inputs = sameInputs(j.old.Inputs(), inputs)
	}
	return notAmong(j.out, inputPaths(j.model.path, names))
}

// reuse opens the file of --since and, where it holds just what would be made, makes the output of it.
func (j *compileJob) reuse(ctx context.Context) (bool, error) {
	if j.since == "" {
		return false, nil
	}
	j.report.Reused = &reuseReport{Since: j.since}
	var err error
	if j.old, err = j.t.openFile(j.since); err != nil {
		var version *store.VersionError
		if !errors.As(err, &version) {
			return false, err
		}
		j.old = nil // another cubeward made it: once after a change of versions all is compiled
		return false, j.takesNothing(version.Error())
	}
	if !j.old.Current() {
		j.old = nil
		return false, j.takesNothing(otherAnswers)
	}
	j.stages.begin("verify")
	if err := j.old.Verify(ctx); err != nil {
		return false, ofRightsFile(j.since, err)
	}
	j.stages.begin("load")
	if !sameSizes(j.old.Inputs(), j.model.path) {
		return false, nil // so there is no need to hash all files to find out
	}
	inputs, err := modelfile.Inputs(j.model.path, loadOptions())
	if err != nil || !slices.Equal(stored(inputs), j.old.Inputs()) || !j.sameMembers() {
		return false, nil // what is wrong with the model Load says
	}
	if err := j.takes(inputs); err != nil {
		return false, err
	}
	rights, err := j.old.Rights(ctx, engine.Options{})
	if err != nil {
		return false, ofRightsFile(j.since, err)
	}
	if err := rights.Load(ctx); err != nil {
		return false, ofRightsFile(j.since, err)
	}
	j.report.Reused.File = true
	j.report.count(rights.Stats())
	j.report.Held, _ = j.old.Members()
	return true, j.write(ctx, j.old.copyTo)
}

// takesNothing says why all is compiled though --since asks for less.
func (j *compileJob) takesNothing(why string) error {
	return j.t.say(fmt.Sprintf("compile: nothing is taken over from %s: %s\n", j.since, why))
}

// sameMembers says whether the old file holds the members that the new one shall hold.
func (j *compileJob) sameMembers() bool {
	i, of := j.old.Shard()
	held, all := j.old.Members()
	return len(j.only) == 0 && i == j.shard.i && of == j.shard.of && (of > 0 || held == all)
}

// write makes the output.
func (j *compileJob) write(ctx context.Context, content func(io.Writer) error) error {
	j.stages.begin("write")
	size, err := j.t.writeRights(ctx, j.out, content)
	j.report.Bytes = size
	return err
}

// writeRights writes a rights file, whole or not at all, and says how large it is.
func (t *tool) writeRights(ctx context.Context, name string, content func(io.Writer) error) (int64, error) {
	file, err := t.files.create(name, privateMode)
	if err != nil {
		return 0, err
	}
	w := &countingWriter{w: file, ctx: ctx}
	if err := content(w); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return w.n, file.publish()
}

// countingWriter counts what is written, and writes nothing more once its context has ended.
type countingWriter struct {
	w   io.Writer
	n   int64
	ctx context.Context
}

// Write writes.
func (c *countingWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func stored(inputs []modelfile.Input) []store.Input {
	out := make([]store.Input, len(inputs))
	for i, in := range inputs {
		out[i] = store.Input(in)
	}
	return out
}
