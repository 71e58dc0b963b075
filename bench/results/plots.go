package main

import (
	"errors"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/cubeward/cubeward/bench"
)

// grown is a curve and its points.
type grown struct {
	bench.Curve
	points []bench.Point
}

// plotGrowth draws every curve as multiples of its first point: linear growth is the grey diagonal. The legend has the
// right third for itself, where no curve comes; its names may be as wide as a viewer's letters.
func plotGrowth(dir string, curves []grown) error {
	p := plot.New()
	p.Title.Text = "Time by size, both as multiples of the smallest"
	p.X.Label.Text, p.Y.Label.Text = "size", "time"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = powers{to: 16}, powers{to: math.Inf(1)}
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs = true, true, 15*vg.Centimeter
	p.Legend.TextStyle.Font.Size = vg.Points(9)
	p.Add(plotter.NewGrid())
	diagonal, err := plotter.NewLine(plotter.XYs{{X: 1, Y: 1}, {X: 16, Y: 16}})
	if err != nil {
		return err
	}
	diagonal.Color, diagonal.Width = color.Gray{160}, vg.Points(3)
	p.Add(diagonal)
	p.Legend.Add("linear", diagonal)
	for i, c := range curves {
		points := make(plotter.XYs, len(c.points))
		for k, pt := range c.points {
			points[k].X = float64(pt.Size) / float64(c.points[0].Size)
			points[k].Y = pt.Seconds / c.points[0].Seconds
		}
		if err := addLine(p, c.Name, points, i); err != nil {
			return err
		}
	}
	p.X.Min, p.X.Max = 1, 1000
	return p.Save(24*vg.Centimeter, 16*vg.Centimeter, filepath.Join(dir, "growth.svg"))
}

// addLine draws a line with points, and tells the legend.
func addLine(p *plot.Plot, name string, points plotter.XYs, i int) error {
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, dots.Color = plotutil.Color(i), plotutil.Color(i)
	line.Dashes, dots.Shape = plotutil.Dashes(i/len(plotutil.DefaultColors)), plotutil.Shape(i)
	p.Add(line, dots)
	p.Legend.Add(name, line, dots)
	return nil
}

// plotSizes draws time above and memory below, over members, kinds, blocks and depth: a line for each thing that is done.
func plotSizes(dir string, curves []grown) error {
	sizes := []string{"members", "kinds", "blocks", "depth"}
	plots := [2][]*plot.Plot{}
	for _, size := range sizes {
		for row, unit := range []string{"ms", "MB held"} {
			p := plot.New()
			p.Title.Text, p.Y.Label.Text = "by "+size, unit
			p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
			p.X.Tick.Marker, p.Y.Tick.Marker = decades{}, decades{}
			p.Legend.Top, p.Legend.Left, p.Legend.XOffs = true, true, vg.Points(4)
			p.Legend.TextStyle.Font.Size = vg.Points(8)
			p.Add(plotter.NewGrid())
			if err := sizesLines(p, curves, size, row); err != nil {
				return err
			}
			plots[row] = append(plots[row], p)
		}
	}
	const width, height = 32 * vg.Centimeter, 17 * vg.Centimeter
	c := vgsvg.New(width, height)
	tiles := draw.Tiles{Rows: 2, Cols: len(sizes), PadX: vg.Points(10), PadY: vg.Points(10), PadTop: vg.Points(6), PadBottom: vg.Points(6), PadLeft: vg.Points(6), PadRight: vg.Points(14)}
	for row, canvases := range plot.Align(plots[:], tiles, draw.New(c)) {
		for col, canvas := range canvases {
			plots[row][col].Draw(canvas)
		}
	}
	f, err := os.Create(filepath.Join(dir, "sizes.svg"))
	if err != nil {
		return err
	}
	_, err = c.WriteTo(f)
	return errors.Join(err, f.Close())
}

// sizesLines draws the curves over one size: their times, or in the second row what they hold on to. Lines end below
// the upper quarter, where the legend is.
func sizesLines(p *plot.Plot, curves []grown, size string, row int) error {
	low, high := math.Inf(1), 0.0
	for i, task := range []string{"check", "compile", "materialize", "write", "first answer from a file", "update a role"} {
		at := slices.IndexFunc(curves, func(c grown) bool { return c.Name == task+" by "+size })
		if at < 0 {
			continue
		}
		var points plotter.XYs
		for _, pt := range curves[at].points {
			y := []float64{1e3 * pt.Seconds, pt.Heap / 1e6}[row]
			if y > 0 {
				points = append(points, plotter.XY{X: float64(pt.Size), Y: y})
				low, high = min(low, y), max(high, y)
			}
		}
		if len(points) == 0 {
			continue
		}
		if err := addLine(p, task, points, i); err != nil {
			return err
		}
	}
	if high > 0 {
		p.Y.Min, p.Y.Max = low/1.5, high*math.Pow(high/low*2, 0.35)
	} else {
		p.Y.Min, p.Y.Max = 1, 10
		p.X.Min, p.X.Max = 1, 10
	}
	return nil
}

// decades are ticks at 1, 2 and 5 times the powers of ten.
type decades struct{}

// Ticks are the ticks of an axis.
func (decades) Ticks(lo, hi float64) []plot.Tick {
	var out []plot.Tick
	for power := math.Pow(10, math.Floor(math.Log10(lo))); power <= hi; power *= 10 {
		for _, m := range []float64{1, 2, 5} {
			if v := m * power; v >= lo*0.999 && v <= hi*1.001 {
				out = append(out, plot.Tick{Value: v, Label: tickText(v)})
			}
		}
	}
	return out
}

func tickText(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 3, 64) + "M"
	case v >= 1e3:
		return strconv.FormatFloat(v/1e3, 'g', 3, 64) + "k"
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// powers are ticks at the powers of two, up to one.
type powers struct{ to float64 }

// Ticks are the ticks of an axis.
func (t powers) Ticks(lo, hi float64) []plot.Tick {
	var out []plot.Tick
	for v := 1.0 / 16; v <= min(hi, t.to)*1.001; v *= 2 {
		if v >= lo*0.999 {
			out = append(out, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 3, 64)})
		}
	}
	return out
}

// bar is the time for a cell of one type, dense and by columns.
type bar struct {
	name string
	ns   [2]float64
}

// plotMasks draws the time for a cell by type and layout.
func plotMasks(dir string, bars []bar) error {
	p := plot.New()
	p.Title.Text = "Masking: time for a cell, 10 % hidden"
	p.Y.Label.Text = "ns"
	p.Legend.Top, p.Legend.Left = true, true
	names := make([]string, len(bars))
	for i, layout := range []string{"dense", "by columns"} {
		values := make(plotter.Values, len(bars))
		for k, b := range bars {
			names[k], values[k] = b.name, b.ns[i]
		}
		chart, err := plotter.NewBarChart(values, vg.Points(18))
		if err != nil {
			return err
		}
		chart.Color, chart.LineStyle.Width = plotutil.Color(i), 0
		chart.Offset = vg.Points(18 * (float64(i) - 0.5))
		p.Add(chart)
		p.Legend.Add(layout, chart)
	}
	p.NominalX(names...)
	p.X.Min, p.X.Max = -0.5, float64(len(bars))-0.5
	return p.Save(18*vg.Centimeter, 10*vg.Centimeter, filepath.Join(dir, "mask.svg"))
}
