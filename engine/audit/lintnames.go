package audit

import (
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cubeward/cubeward/cube"
)

// namesake is a name and where a finding about it belongs.
type namesake struct {
	name  string
	pos   cube.Position
	block *cube.Block // nil where it is no block's
}

// names looks at the names that stand side by side: who mixes two of them up gives rights to the wrong thing.
func (l *linter) names() error {
	var apps []namesake
	for _, app := range l.ws.Applications {
		apps = append(apps, namesake{app.Name, app.Pos, nil})
		var blocks, roles, rules []namesake
		for _, reserved := range []string{cube.UserName, cube.RoleName, cube.UsersRolesName} {
			blocks = append(blocks, namesake{name: reserved})
		}
		for _, x := range app.Lists {
			blocks = append(blocks, namesake{x.Name, x.Pos, x.ItemSet})
			l.properties(x)
			l.items(x)
		}
		for _, m := range app.Metrics {
			blocks = append(blocks, namesake{m.Name, m.Pos, m})
		}
		for _, r := range app.Roles {
			roles = append(roles, namesake{r.Name, r.Pos, nil})
		}
		for _, r := range app.Rules {
			rules = append(rules, namesake{r.Name, r.Pos, nil})
		}
		l.compare("lists and metrics", blocks)
		l.compare("roles", roles)
		l.compare("rules", rules)
	}
	l.compare("applications", apps)
	l.properties(l.ws.Users)
	l.items(l.ws.Users)
	return l.ctx.Err()
}

func (l *linter) properties(x *cube.List) {
	var names []namesake
	for _, p := range x.Properties {
		names = append(names, namesake{p.Name, p.Pos, p})
	}
	l.compare("properties", names)
}

// compare looks at a few names, and reports those that look like one before.
func (l *linter) compare(what string, names []namesake) {
	found := alike(len(names), func(i int) string { return names[i].name })
	for _, pair := range found {
		a, b := names[pair[0]], names[pair[1]]
		if b.pos.File == "" {
			a, b = b, a // what is built in has no place
		}
		l.named(codeAlike, b, "rename one of them", "two %s look alike: %s", what, distinct(a.name, b.name))
	}
	for _, n := range names {
		if hidden := invisible(n.name); hidden != "" {
			l.named(codeInvisible, n, "write the name anew, without it", "the name %s holds %s, which nobody sees", strconv.QuoteToASCII(n.name), hidden)
		}
	}
}

func (l *linter) named(code string, n namesake, remedy, format string, args ...any) {
	if n.block != nil {
		l.addBlock(code, n.block, n.pos, remedy, format, args...)
		return
	}
	l.add(code, n.pos, remedy, format, args...)
}

// items looks at the items of a list, of which there may be many: one finding stands for all.
func (l *linter) items(x *cube.List) {
	what, pos := fmt.Sprintf("items of %q", x.Name), namesake{x.Name, x.Pos, x.ItemSet}
	if x == l.ws.Users {
		what, pos.block = "members", nil
	}
	var pairs []string
	for _, p := range alike(x.Len(), func(i int) string { return x.Item(cube.ItemID(i)) }) {
		pairs = append(pairs, distinct(x.Item(cube.ItemID(p[0])), x.Item(cube.ItemID(p[1]))))
	}
	if len(pairs) > 0 {
		l.named(codeAlike, pos, "rename one of each, or merge them", "%s look alike: %s", what, severally(pairs))
	}
	var hidden []string
	for i := range x.Len() {
		if name := x.Item(cube.ItemID(i)); invisible(name) != "" {
			hidden = append(hidden, strconv.QuoteToASCII(name))
		}
	}
	if len(hidden) > 0 {
		l.named(codeInvisible, pos, "write the names anew, without them", "%s hold characters that nobody sees: %s", what, severally(hidden))
	}
}

// severally names the first of many, with semicolons as they may hold commas.
func severally(names []string) string {
	const most = 3
	if len(names) > most {
		return strings.Join(names[:most], "; ") + fmt.Sprintf("; and %d more", len(names)-most)
	}
	return strings.Join(names, "; ")
}

// distinct writes two names so that their difference shows.
func distinct(a, b string) string {
	if seen, other := looks(nil, a), looks(nil, b); string(seen) == string(other) {
		return strconv.QuoteToASCII(a) + " and " + strconv.QuoteToASCII(b)
	}
	return strconv.Quote(a) + " and " + strconv.Quote(b)
}

// alike are the pairs of names of which the second has the same letters or the same looks as one before it. Its cost
// is linear in the names; of them it keeps 8 bytes each.
func alike(n int, name func(int) string) [][2]int {
	seed := maphash.MakeSeed()
	known := [2]map[uint64]int32{{}, {}}
	buf, other := []byte{}, []byte{}
	var out [][2]int
	for i := range n {
		first := -1
		for k, skeleton := range []func([]byte, string) []byte{letters, looks} {
			buf = skeleton(buf[:0], name(i))
			sum := maphash.Bytes(seed, buf)
			j, ok := known[k][sum]
			if !ok {
				known[k][sum] = int32(i)
				continue
			}
			if other = skeleton(other[:0], name(int(j))); string(other) == string(buf) && first < 0 {
				first = int(j)
			}
		}
		if first >= 0 {
			out = append(out, [2]int{first, i})
		}
	}
	return out
}

// letters is a name without what is easily mistyped: capitals, blanks, typographic signs, and how accents are coded.
func letters(to []byte, name string) []byte {
	return plain(to, name, func(to []byte, r rune) []byte {
		return utf8.AppendRune(to, unicode.ToLower(unicode.ToUpper(r)))
	})
}

// looks is a name with one character for each group that looks the same in most typefaces.
func looks(to []byte, name string) []byte {
	return plain(to, name, func(to []byte, r rune) []byte {
		if i := strings.IndexRune(lookalikes, r); i >= 0 {
			r = rune(lookedLike[utf8.RuneCountInString(lookalikes[:i])])
		}
		return utf8.AppendRune(to, r)
	})
}

// Letters of other alphabets, and digits, and the Latin letter that each looks like.
const (
	lookalikes = "АВЕЅІЈКМНОРСТХҮЗаеѕіјорсухһԁԛԝѵ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοιναρϲ" + "01I|ıℓ"
	lookedLike = "ABESlJKMHOPCTXY3aesijopcyxhdqwv" + "ABEZHlKMNOPTYXoivapc" + "Olllil"
)

// plain writes what skeletons have in common: accents as signs of their own, blanks as one space, wide and
// typographic forms as ordinary ones, and nothing for what nobody sees.
func plain(to []byte, name string, letter func([]byte, rune) []byte) []byte {
	blank := false
	for _, r := range name {
		switch {
		case unicode.IsSpace(r):
			blank = true
			continue
		case unseen(r):
			continue
		case r >= '！' && r <= '～': // full width
			r += '!' - '！'
		}
		if blank && len(to) > 0 {
			to = append(to, ' ')
		}
		blank = false
		if r < utf8.RuneSelf {
			to = letter(to, r)
			continue
		}
		base, accent := decompose(r)
		to = letter(to, ordinary(base))
		if accent != 0 {
			to = utf8.AppendRune(to, accent)
		}
	}
	return to
}

// ordinary is the ASCII form of a typographic sign.
func ordinary(r rune) rune {
	switch r {
	case '‘', '’', 'ʼ', '′', '‛':
		return '\''
	case '“', '”', '„', '″':
		return '"'
	case '‐', '‑', '‒', '–', '—', '−':
		return '-'
	case '⁄', '∕':
		return '/'
	case '·', '•', '∙':
		return '·'
	}
	return r
}

// decompose takes a letter of the Latin or Cyrillic alphabet and its accent apart, as Unicode's NFD does.
func decompose(r rune) (base, accent rune) {
	for _, group := range accented {
		if i := strings.IndexRune(group.with, r); i >= 0 {
			return []rune(group.without)[utf8.RuneCountInString(group.with[:i])], group.accent
		}
	}
	return r, 0
}

// accented are the letters with one accent of Latin-1, Latin Extended-A and Russian. It is never written.
var accented = [...]struct {
	accent        rune
	without, with string
}{
	{0x300, "AEIOUaeiou", "ÀÈÌÒÙàèìòù"},
	{0x301, "AEIOUYaeiouyCcLlNnRrSsZz", "ÁÉÍÓÚÝáéíóúýĆćĹĺŃńŔŕŚśŹź"},
	{0x302, "AEIOUaeiouCcGgHhJjSsWwYy", "ÂÊÎÔÛâêîôûĈĉĜĝĤĥĴĵŜŝŴŵŶŷ"},
	{0x303, "ANOanoIiUu", "ÃÑÕãñõĨĩŨũ"},
	{0x308, "AEIOUaeiouyYЕе", "ÄËÏÖÜäëïöüÿŸЁё"},
	{0x30a, "AaUu", "ÅåŮů"},
	{0x327, "CcGgKkLlNnRrSsTt", "ÇçĢģĶķĻļŅņŖŗŞşŢţ"},
	{0x304, "AaEeIiOoUu", "ĀāĒēĪīŌōŪū"},
	{0x306, "AaEeGgIiOoUuИи", "ĂăĔĕĞğĬĭŎŏŬŭЙй"},
	{0x328, "AaEeIiUu", "ĄąĘęĮįŲų"},
	{0x307, "CcEeGgIZz", "ĊċĖėĠġİŻż"},
	{0x30c, "CcDdEeLlNnRrSsTtZz", "ČčĎďĚěĽľŇňŘřŠšŤťŽž"},
	{0x30b, "OoUu", "ŐőŰű"},
}

// unseen says whether a character takes no room: joiners, marks of direction, soft hyphens, selectors of variants.
func unseen(r rune) bool {
	return r >= 0x7f && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || unicode.IsControl(r)) || r < ' '
}

// invisible names the first character of a name that nobody sees, or takes for an ordinary space: "" where there is
// none. Joiners belong to some scripts and to emoji.
func invisible(name string) string {
	var before rune
	for _, r := range name {
		joins := (r == 0x200c || r == 0x200d || unicode.Is(unicode.Variation_Selector, r)) && before >= 0x300
		if unseen(r) && !joins || unicode.IsSpace(r) && r != ' ' {
			return fmt.Sprintf("U+%04X", r)
		}
		before = r
	}
	return ""
}
