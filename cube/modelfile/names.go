package modelfile

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

// maxQuoted is how many bytes of a text a message quotes.
const maxQuoted = 100

// quote quotes a text for a message, and cuts a long one.
func quote(s string) string {
	if len(s) <= maxQuoted {
		return strconv.Quote(s)
	}
	end := maxQuoted
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strconv.Quote(s[:end]) + "…"
}

// maxGuesses is how many candidates all messages together look through: a model of a million mistakes shall not take
// longer for it.
const maxGuesses = 1 << 18

// didYouMean is the end of a message about an unknown name.
func (l *loader) didYouMean(name string, candidates func() []string) string {
	if l.guesses >= maxGuesses {
		return ""
	}
	all := candidates()
	l.guesses += len(all) + 1
	if s := cube.Suggest(name, all); s != "" {
		return fmt.Sprintf(" (did you mean %s?)", quote(s))
	}
	return ""
}

func oneOf(words []string) func() []string {
	return func() []string { return words }
}

// list reads a reference to a list in a file of app, nil in workspace.yaml, where all lists carry their application.
// It is nil where there is none, which is reported but where the cause is.
func (l *loader) list(src *source, app *application, n *node, name string) *list {
	x, problem := l.findList(app, name)
	if problem != "" {
		l.mistake(src.pos(n), "%s", problem)
	}
	return x
}

func (l *loader) findList(app *application, name string) (*list, string) {
	if name == cube.UserName {
		return l.users, ""
	}
	if app != nil {
		if x := app.lists[name]; x != nil {
			return x, ""
		}
	}
	other, rest := l.prefix(name)
	switch {
	case other != nil && (other.lists[rest] != nil || other.broken):
		return other.lists[rest], ""
	case other != nil && rest == cube.UserName:
		return nil, "the list User is everyone's: write it without an application"
	case other != nil:
		return nil, fmt.Sprintf("unknown list %s in application %s%s", quote(rest), quote(other.Name), l.didYouMean(rest, other.listNames))
	case strings.Contains(name, "::"):
		before, _, _ := strings.Cut(name, "::")
		return nil, fmt.Sprintf("unknown application %s%s", quote(before), l.didYouMean(before, l.applicationNames))
	case app == nil:
		return nil, fmt.Sprintf("%s: in the workspace's file lists carry their application, as in %s", quote(name), l.example(name))
	case app.broken:
		return nil, ""
	}
	return nil, fmt.Sprintf("unknown list %s%s", quote(name), l.didYouMean(name, app.listNames))
}

// prefix finds the application before the name in a reference such as HR::Country. An application's name may end with
// a colon, so each place counts.
func (l *loader) prefix(name string) (*application, string) {
	for i := 0; i+2 <= len(name) && i <= l.longest; i++ {
		if name[i:i+2] == "::" {
			if a := l.byName[name[:i]]; a != nil {
				return a, name[i+2:]
			}
		}
	}
	return nil, name
}

// own is a name without the file's own application before it (SPEC 2).
func (a *application) own(name string) string {
	return strings.TrimPrefix(name, a.Name+"::")
}

// example shows how to write the name of a list in workspace.yaml.
func (l *loader) example(name string) string {
	for _, a := range l.apps {
		if a.lists[name] != nil {
			return quote(a.Name + "::" + name)
		}
	}
	return quote("HR::Country")
}

func (l *loader) applicationNames() []string {
	names := make([]string, len(l.apps))
	for i, a := range l.apps {
		names[i] = a.Name
	}
	return names
}

func (a *application) listNames() []string {
	names := []string{cube.UserName, cube.RoleName}
	for _, x := range a.Lists {
		names = append(names, x.Name)
	}
	return names
}

func (a *application) metricNames() []string {
	names := []string{cube.UsersRolesName}
	for _, m := range a.Metrics {
		names = append(names, m.Name)
	}
	return names
}

var typeNames = []string{"number", "text", "boolean", "date", "list:NAME", "access_rights"}

// typeOf reads the type of a property or metric in a file of app.
func (l *loader) typeOf(o object, app *application) (cube.Type, *list, bool) {
	n := o.need(l, "type")
	if n == nil {
		return cube.Type{}, nil, false
	}
	text, ok := l.text(o.src, n, "type")
	if !ok {
		return cube.Type{}, nil, false
	}
	for k := cube.Number; k <= cube.AccessRights; k++ {
		if k != cube.Item && text == k.String() {
			return cube.Type{Kind: k}, nil, true
		}
	}
	name, isList := strings.CutPrefix(text, "list:")
	if name = strings.TrimSpace(name); !isList || name == "" {
		l.mistake(o.src.pos(n), "unknown type %s; types are %s%s", quote(text), strings.Join(typeNames, ", "), l.didYouMean(text, oneOf(typeNames)))
		return cube.Type{}, nil, false
	}
	x := l.list(o.src, app, n, name)
	if x == nil {
		return cube.Type{}, nil, false
	}
	return cube.Type{Kind: cube.Item, List: x.List}, x, true
}
