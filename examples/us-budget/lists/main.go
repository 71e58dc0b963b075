// Command lists writes the example's small list files from the data: the agencies and bureaus that accounts.csv names,
// in order of their names, and the fiscal years of receipts.csv in order of time. Run it in examples/us-budget after
// the data has changed:
//
//	go run ./lists
package main

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The last fiscal year with actual figures; the database's later years are estimates of the time.
const lastActual = "2014"

func main() {
	if err := write("."); err != nil {
		fmt.Fprintln(os.Stderr, "lists:", err)
		os.Exit(1)
	}
}

// write makes the list files in folder from the data in it.
func write(folder string) error {
	files, err := generate(folder)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate is the text of each list file, by name.
func generate(folder string) (map[string]string, error) {
	accounts, err := columns(filepath.Join(folder, "accounts.csv"), "Agency", "Bureau")
	if err != nil {
		return nil, err
	}
	receipts, err := columns(filepath.Join(folder, "receipts.csv"), "Fiscal year")
	if err != nil {
		return nil, err
	}
	agencies, agencyOf, years := map[string]bool{}, map[string]string{}, map[string]bool{}
	for _, row := range accounts {
		agency, bureau := row[0], row[1]
		if before, ok := agencyOf[bureau]; ok && before != agency {
			return nil, fmt.Errorf("bureau %q belongs to both %q and %q", bureau, before, agency)
		}
		agencies[agency], agencyOf[bureau] = true, agency
	}
	for _, row := range receipts {
		years[row[0]] = true
	}
	files := map[string]string{}
	agencyRows := [][]string{{"Agency"}}
	for _, a := range slices.Sorted(maps.Keys(agencies)) {
		agencyRows = append(agencyRows, []string{a})
	}
	bureauRows := [][]string{{"Bureau", "Agency"}}
	for _, b := range slices.Sorted(maps.Keys(agencyOf)) {
		bureauRows = append(bureauRows, []string{b, agencyOf[b]})
	}
	yearRows := [][]string{{"Fiscal year", "Status"}}
	for _, y := range slices.SortedFunc(maps.Keys(years), func(a, b string) int { return strings.Compare(inTime(a), inTime(b)) }) {
		status := "Actual"
		if inTime(y) > lastActual {
			status = "Estimate"
		}
		yearRows = append(yearRows, []string{y, status})
	}
	for name, rows := range map[string][][]string{"agencies.csv": agencyRows, "bureaus.csv": bureauRows, "fiscal_years.csv": yearRows} {
		var text strings.Builder
		w := csv.NewWriter(&text)
		if err := w.WriteAll(rows); err != nil {
			return nil, err
		}
		files[name] = text.String()
	}
	return files, nil
}

// inTime is a text that sorts as the year does: TQ is the transition quarter between 1976 and 1977.
func inTime(year string) string {
	if year == "TQ" {
		return "1976 TQ"
	}
	return year
}

// columns are the named columns of a CSV file, row by row, without the header.
func columns(file string, names ...string) ([][]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no header", file)
	}
	at := make([]int, len(names))
	for i, name := range names {
		if at[i] = slices.Index(rows[0], name); at[i] < 0 {
			return nil, fmt.Errorf("%s: no column %q", file, name)
		}
	}
	out := make([][]string, 0, len(rows)-1)
	for _, row := range rows[1:] {
		picked := make([]string, len(at))
		for i, c := range at {
			picked[i] = row[c]
		}
		out = append(out, picked)
	}
	return out, nil
}
