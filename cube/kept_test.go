package cube_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/cube"
)

// keep is a list that reads its names when asked, and how often it did.
func keep(t *testing.T, names []string) (*cube.List, *int) {
	t.Helper()
	l := cube.NewWorkspace("W").AddApplication("A").AddList("L")
	read := 0
	require.NoError(t, l.Keep(len(names), func() (string, []uint32, error) {
		read++
		var ends []uint32
		for _, n := range names {
			end := uint32(len(n))
			if len(ends) > 0 {
				end += ends[len(ends)-1]
			}
			ends = append(ends, end)
		}
		return strings.Join(names, ""), ends, nil
	}))
	return l, &read
}

// A list that reads its names when asked answers as one that was given them, however it is asked, and reads once.
func TestKeptListsAnswerAsOthers(t *testing.T) {
	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprintf("item %d", i*i))
	}
	l, read := keep(t, names)
	require.Equal(t, 100, l.Len())
	require.Zero(t, *read)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 3 { // past manyFinds: searched at first, then looked up
				for i, n := range names {
					id, ok := l.Find(n)
					if !ok || int(id) != i || l.Item(id) != n {
						t.Errorf("%s: %d %t", n, id, ok)
					}
				}
				if _, ok := l.Find("item"); ok {
					t.Error("found a part of a name")
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, names, l.Items())
	require.Empty(t, l.Item(cube.NoItem))
	require.Panics(t, func() { l.Item(100) })
	require.Equal(t, 1, *read)
	require.ErrorContains(t, l.Append("item 81"), "twice")
	require.NoError(t, l.Append("new"))
	require.Equal(t, 101, l.Len())
	id, ok := l.Find("new")
	require.True(t, ok)
	require.Equal(t, cube.ItemID(100), id)
	require.Equal(t, "item 81", l.Item(9))
}

func TestKeptListsThatCannotBeRead(t *testing.T) {
	boom := errors.New("boom")
	for text, load := range map[string]func() (string, []uint32, error){
		"boom":    func() (string, []uint32, error) { return "", nil, boom },
		"2 names": func() (string, []uint32, error) { return "ab", []uint32{1, 2}, nil },
		"empty":   func() (string, []uint32, error) { return "abc", []uint32{1, 1, 3}, nil },
		"bytes":   func() (string, []uint32, error) { return "abcd", []uint32{1, 2, 3}, nil },
	} {
		l := cube.NewWorkspace("W").AddApplication("A").AddList("L")
		require.NoError(t, l.Keep(3, load))
		require.ErrorContains(t, l.Load(), text)
		require.Equal(t, 3, l.Len())
		require.Empty(t, l.Item(2))
		require.Equal(t, []string{"", "", ""}, l.Items())
		_, ok := l.Find("")
		require.False(t, ok)
		require.Error(t, l.Append("x"))
		require.Error(t, l.Keep(1, load))
	}
	l := cube.NewWorkspace("W").AddApplication("A").AddList("L")
	require.NoError(t, l.Load())
	require.Error(t, l.Keep(-1, nil))
}
