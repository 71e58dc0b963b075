package peers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// errNoPostgres says that PostgreSQL is not installed, or cannot be run here.
var errNoPostgres = errors.New("skipped: PostgreSQL's initdb and postgres are not installed, or no unprivileged user is there to run them")

// server is a PostgreSQL of our own: in a folder of its own, on a private socket, without a network.
type server struct {
	dir  string
	cmd  *exec.Cmd
	cred *syscall.Credential
}

// postgresPrograms is the folder of initdb and postgres.
func postgresPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNoPostgres
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// unprivileged is who runs the server: ourselves, or postgres or nobody where we are root, whom it refuses.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errNoPostgres
}

// startPostgres starts a server, which stop ends.
func startPostgres(ctx context.Context) (*server, error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	cred, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "cw-pg-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, cred: cred}
	if cred != nil {
		if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	data := filepath.Join(dir, "data")
	if out, err := s.command(filepath.Join(bin, "initdb"), "-D", data, "-U", "owner", "-A", "trust", "-E", "UTF8", "--no-sync").CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(dir))
	}
	s.cmd = s.command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off")
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c, err := s.connect(ctx, "owner")
		if err == nil {
			return s, c.Close(ctx)
		}
		if time.Now().After(until) {
			return nil, errors.Join(err, s.stop())
		}
	}
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = s.dir
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred}
	return c
}

func (s *server) connect(ctx context.Context, user string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, fmt.Sprintf("host=%s user=%s database=postgres sslmode=disable", s.dir, user))
}

func (s *server) stop() error {
	err := s.cmd.Process.Signal(syscall.SIGINT) // a fast shutdown
	_ = s.cmd.Wait()
	return errors.Join(err, os.RemoveAll(s.dir))
}

// postgresRows is PostgreSQL with row-level security: a policy that asks a table of readable items for each factor.
func postgresRows(ctx context.Context, s *server, q *question) (*peer, error) {
	owner, err := s.connect(ctx, "owner")
	if err != nil {
		return nil, err
	}
	defer owner.Close(ctx)
	var columns, using []string
	for i := range q.lists {
		columns = append(columns, fmt.Sprintf("dim%d text not null", i))
	}
	if _, err := owner.Exec(ctx, "create role reader login; create table cells (row int primary key, "+strings.Join(columns, ", ")+", value float8)"); err != nil {
		return nil, err
	}
	for i, axis := range q.axes {
		if _, err := owner.Exec(ctx, fmt.Sprintf("create table readable%d (item text primary key); grant select on readable%d to reader", axis, axis)); err != nil {
			return nil, err
		}
		var rows [][]any
		for item, ok := range q.allows[i] {
			if ok {
				rows = append(rows, []any{q.lists[axis].Items()[item]})
			}
		}
		if _, err := owner.CopyFrom(ctx, pgx.Identifier{fmt.Sprintf("readable%d", axis)}, []string{"item"}, pgx.CopyFromRows(rows)); err != nil {
			return nil, err
		}
		using = append(using, fmt.Sprintf("dim%d in (select item from readable%d)", axis, axis))
	}
	names := []string{"row"}
	for i := range q.lists {
		names = append(names, fmt.Sprintf("dim%d", i))
	}
	_, err = owner.CopyFrom(ctx, pgx.Identifier{"cells"}, append(names, "value"), pgx.CopyFromSlice(len(q.values), func(r int) ([]any, error) {
		row := []any{int32(r)}
		for i, l := range q.lists {
			row = append(row, l.Items()[q.codes[i][r]])
		}
		return append(row, q.values[r]), nil
	}))
	if err != nil {
		return nil, err
	}
	policy := "alter table cells enable row level security; create policy readers on cells for select to reader using (" +
		strings.Join(using, " and ") + "); grant select on cells to reader; analyze"
	if _, err := owner.Exec(ctx, policy); err != nil {
		return nil, err
	}
	reader, err := s.connect(ctx, "reader")
	if err != nil {
		return nil, err
	}
	answers := make([]bool, len(q.values))
	return &peer{name: "postgres", rows: len(q.values), readable: func() []bool { return answers }, do: func() error {
		clear(answers)
		rows, err := reader.Query(ctx, "select row, value from cells")
		if err != nil {
			return err
		}
		var row int32
		var value float64
		_, err = pgx.ForEachRow(rows, []any{&row, &value}, func() error {
			answers[row] = value == q.values[row]
			return nil
		})
		return err
	}}, nil
}
