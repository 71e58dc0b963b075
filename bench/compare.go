package bench

import (
	"cmp"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Verdict is what a comparison says of one row.
type Verdict string

// The verdicts. Small means that there is a difference, though not beyond the threshold.
const (
	Same    Verdict = "same"        // no difference was found, and none beyond the threshold can hide in the noise
	Faster  Verdict = "better"      // significantly less, beyond the threshold
	Slower  Verdict = "worse"       // significantly more, beyond the threshold
	Slight  Verdict = "slight"      // a significant difference within the threshold
	Unclear Verdict = "cannot tell" // no difference was found, but one beyond the threshold could hide in the noise
	Missing Verdict = "missing"     // only one of the two has the row
)

// Comparing says how two reports are compared. The zero Comparing is good.
type Comparing struct {
	Threshold float64 // differences up to it are let be; 0 means 0.05
	// Alpha is how often a comparison of equals may raise a false alarm anywhere, all its rows together; 0 means 0.01.
	Alpha float64
}

// Row compares one unit of one workload. Of all units that Compare looks at less is better.
type Row struct {
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`
	Old     float64 `json:"old"` // median
	New     float64 `json:"new"`
	Change  float64 `json:"change"` // the typical ratio of new to old, less 1
	Lo      float64 `json:"lo"`     // with 95 % confidence the change is not less
	Hi      float64 `json:"hi"`     // nor more
	P       float64 `json:"p"`      // of the Mann-Whitney U test, adjusted for the number of rows of times, or of counts (Holm)
	N       [2]int  `json:"n"`
	Verdict Verdict `json:"verdict"`
}

// compared are the units that are compared: those that follow from them are not, as they would count twice.
var compared = [...]string{"ns/op", "B/op", "allocs/op", "B/user"}

// Compare compares two reports row by row, in the order of the old one. A row is worse or better where the test finds a
// difference even when as many tests are made as there are rows, and the typical change is beyond the threshold.
func (c Comparing) Compare(old, new *Report) []Row {
	c.Threshold, c.Alpha = cmp.Or(c.Threshold, 0.05), cmp.Or(c.Alpha, 0.01)
	var rows []Row
	for _, a := range old.Results {
		at := slices.IndexFunc(new.Results, func(r Result) bool { return r.Name == a.Name })
		if at < 0 {
			rows = append(rows, Row{Name: a.Name, Unit: "ns/op", Verdict: Missing, P: 1})
			continue
		}
		for _, unit := range compared {
			x, y := a.Of(unit), new.Results[at].Of(unit)
			if len(x) > 0 && len(y) > 0 {
				rows = append(rows, rowOf(a.Name, unit, x, y))
			}
		}
	}
	for _, b := range new.Results {
		if !slices.ContainsFunc(old.Results, func(r Result) bool { return r.Name == b.Name }) {
			rows = append(rows, Row{Name: b.Name, Unit: "ns/op", Verdict: Missing, P: 1})
		}
	}
	times := func(r *Row) bool { return r.Unit == "ns/op" }
	c.judge(rows, times, 0.9*c.Alpha)
	c.judge(rows, func(r *Row) bool { return !times(r) }, 0.1*c.Alpha)
	return rows
}

// judge gives the rows of a family their verdicts. Counts hardly vary, so that they need little of what false alarms
// are allowed together, and leave the rest to times.
func (c Comparing) judge(rows []Row, in func(*Row) bool, alpha float64) {
	var family []*Row
	for i := range rows {
		if rows[i].Verdict != Missing && in(&rows[i]) {
			family = append(family, &rows[i])
		}
	}
	adjust(family)
	for _, r := range family {
		r.Verdict = c.verdict(*r, alpha)
	}
}

func (c Comparing) verdict(r Row, alpha float64) Verdict {
	switch {
	case r.P >= alpha && (r.Hi > c.Threshold || 1/(1+r.Lo)-1 > c.Threshold):
		return Unclear
	case r.P >= alpha:
		return Same
	case r.Change > c.Threshold:
		return Slower
	case 1/(1+r.Change)-1 > c.Threshold:
		return Faster
	}
	return Slight
}

// Worse says whether any row is worse.
func Worse(rows []Row) bool {
	return slices.ContainsFunc(rows, func(r Row) bool { return r.Verdict == Slower })
}

func rowOf(name, unit string, old, new []float64) Row {
	a := benchmath.NewSample(slices.Clone(old), &benchmath.DefaultThresholds)
	b := benchmath.NewSample(slices.Clone(new), &benchmath.DefaultThresholds)
	r := Row{Name: name, Unit: unit, N: [2]int{len(old), len(new)}, P: benchmath.AssumeNothing.Compare(a, b).P}
	r.Old = benchmath.AssumeNothing.Summary(a, 0.95).Center
	r.New = benchmath.AssumeNothing.Summary(b, 0.95).Center
	r.Change, r.Lo, r.Hi = change(a.Values, b.Values)
	return r
}

// fromNothing stands for the ratio of something to nothing, which JSON cannot write.
const fromNothing = 1e9

// change is the typical change from one sample to another (the median of all ratios of one value of each, after Hodges
// and Lehmann) and its 95 % confidence interval, which is that of the Mann-Whitney U test turned round. Few values make
// it as wide as they vary.
func change(old, new []float64) (typical, lo, hi float64) {
	ratios := make([]float64, 0, len(old)*len(new))
	for _, a := range old {
		for _, b := range new {
			switch {
			case a == b:
				ratios = append(ratios, 1)
			case a == 0:
				ratios = append(ratios, fromNothing)
			default:
				ratios = append(ratios, b/a)
			}
		}
	}
	slices.Sort(ratios)
	n, m := float64(len(old)), float64(len(new))
	k := int(math.Floor(n*m/2 - 1.96*math.Sqrt(n*m*(n+m+1)/12)))
	k = max(0, min(k, (len(ratios)-1)/2))
	return middle(ratios) - 1, ratios[k] - 1, ratios[len(ratios)-1-k] - 1
}

// middle is the median of sorted values.
func middle(v []float64) float64 {
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}

// adjust makes the p-values of rows hold for all of them together (Holm): the k-th smallest of n is multiplied by
// n-k+1, and none is less than one before it.
func adjust(rows []*Row) {
	slices.SortStableFunc(rows, func(a, b *Row) int { return cmp.Compare(a.P, b.P) })
	least := 0.0
	for i, r := range rows {
		least = max(least, min(1, r.P*float64(len(rows)-i)))
		r.P = least
	}
}
