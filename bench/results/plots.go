package main

import (
	"image/color"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// plotGrowth draws every curve as multiples of its first point: linear growth is the grey diagonal.
func plotGrowth(dir string, curves []grown) error {
	p := plot.New()
	p.Title.Text = "Time by size, both as multiples of the smallest"
	p.X.Label.Text, p.Y.Label.Text = "size", "time"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = powers{}, powers{}
	p.Legend.Top = true // on the right, where only one curve comes
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
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, dots.Color = plotutil.Color(i), plotutil.Color(i)
		line.Dashes, dots.Shape = plotutil.Dashes(i/len(plotutil.DefaultColors)), plotutil.Shape(i)
		p.Add(line, dots)
		p.Legend.Add(c.Name, line, dots)
	}
	p.X.Min, p.X.Max = 1, 100
	return p.Save(20*vg.Centimeter, 14*vg.Centimeter, filepath.Join(dir, "growth.svg"))
}

// powers are ticks at the powers of two.
type powers struct{}

// Ticks are the ticks of an axis.
func (powers) Ticks(lo, hi float64) []plot.Tick {
	var out []plot.Tick
	for v := 1.0 / 16; v <= hi*1.001; v *= 2 {
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
