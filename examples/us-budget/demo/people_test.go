package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/engine"
)

// everyone is the table "Who sees what" of the example's README, as the rules have it.
var everyone = map[string]struct {
	role, agency string
	embargo      bool   // is told of the legislative proposals
	round        string // takes part in the round of adjustments: rw, r
}{
	"ada@omb.gov":       {role: "Admin", embargo: true, round: "rw"},
	"sam@omb.gov":       {},
	"dana@omb.gov":      {role: "Director", embargo: true, round: "rw"},
	"marcus@omb.gov":    {role: "Director", round: "r"},
	"ines@treasury.gov": {role: "Analyst", agency: treasury, embargo: true, round: "rw"},
	"theo@treasury.gov": {role: "Analyst", agency: treasury},
	"lena@hhs.gov":      {role: "Analyst", agency: health, round: "rw"},
	"omar@dol.gov":      {role: "Analyst", agency: "Department of Labor", round: "rw"},
	"ruth@ssa.gov":      {role: "Analyst", agency: ssa, round: "rw"},
	"nils@energy.gov":   {role: "Analyst"},
	"grace@gao.gov":     {role: "Auditor", round: "r"},
	"hugo@gao.gov":      {role: "Auditor"},
	"carol@example.org": {role: "Citizen"},
}

// The rules by hand, for every member and every cell of four blocks.
func TestEveryoneByHand(t *testing.T) {
	ws, err := modelfile.Load("..", modelfile.Options{})
	require.NoError(t, err)
	rights, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	require.Equal(t, len(everyone), ws.Users.Len())
	agencyOf, categoryOf := map[string]string{}, map[string]string{}
	for _, a := range rows(t, "accounts.csv") {
		agencyOf[a["Account"]], categoryOf[a["Account"]] = a["Agency"], a["Source category"]
	}
	for name, p := range everyone {
		reads := p.role != "" && p.role != "Citizen"
		writes := reads && p.role != "Auditor"
		agency := func(a string) bool { return p.role != "Analyst" || a == p.agency }
		open := func(year string) bool { return year >= "2015" && year != "TQ" }
		told := func(account string) bool { return p.embargo || categoryOf[account] != "Legislative Proposals" }
		for block, want := range map[string]func(items []string) (bool, bool){
			"Receipts": func(c []string) (bool, bool) {
				read := reads && agency(agencyOf[c[0]]) && told(c[0])
				return read, read && writes && open(c[1])
			},
			"Adjustment": func(c []string) (bool, bool) {
				read := reads && agency(c[0]) && p.round != ""
				return read, read && writes && p.round == "rw" && open(c[1])
			},
			"Total receipts": func(c []string) (bool, bool) {
				return reads && p.role != "Analyst" && p.embargo, false
			},
			"Published receipts": func(c []string) (bool, bool) { return p.role != "", false },
		} {
			ref, err := rights.Find(block, application)
			require.NoError(t, err)
			member, err := rights.Member(name)
			require.NoError(t, err)
			view, err := member.Block(ref)
			require.NoError(t, err)
			space, items := view.Space(), make([]cube.ItemID, len(ref.Block.Dims))
			cell := make([]string, len(items))
			for i := range space.Len() {
				space.At(i, items)
				for k, d := range space.Dims() {
					cell[k] = d.Item(items[k])
				}
				read, change := want(cell)
				got := view.Decide(items...)
				if got.Read != read || got.Locked == change {
					t.Fatalf("%s, %s %v: read %v, locked %v", name, block, cell, got.Read, got.Locked)
				}
			}
		}
	}
}

// Sam has no role, but may look over another's shoulder, and change nothing there.
func TestSamLooksOverShoulders(t *testing.T) {
	ws, err := modelfile.Load("..", modelfile.Options{})
	require.NoError(t, err)
	rights, err := engine.Compile(context.Background(), ws, engine.Options{})
	require.NoError(t, err)
	ref, err := rights.Find("Receipts", application)
	require.NoError(t, err)
	ines, err := rights.Member("ines@treasury.gov")
	require.NoError(t, err)
	sam, err := rights.Impersonate("sam@omb.gov", "ines@treasury.gov")
	require.NoError(t, err)
	own, err := ines.Block(ref)
	require.NoError(t, err)
	over, err := sam.Block(ref)
	require.NoError(t, err)
	require.Equal(t, own.Tables(engine.Readable), over.Tables(engine.Readable))
	set, err := over.Set(context.Background(), engine.Unlocked)
	require.NoError(t, err)
	require.Zero(t, set.Len())
	_, err = rights.Impersonate("sam@omb.gov", "ada@omb.gov")
	require.Error(t, err, "not as the primary owner")
	_, err = rights.Impersonate("dana@omb.gov", "ines@treasury.gov")
	require.Error(t, err, "Dana may not")
}
