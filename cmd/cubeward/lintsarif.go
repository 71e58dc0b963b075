package main

import (
	"net/url"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/engine/audit"
)

// The parts of SARIF 2.1.0 that findings need (OASIS, Static Analysis Results Interchange Format). Keys that stand
// empty are left out where the format wants that.
type (
	sarifFile struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string       `json:"id"`
		Short         sarifMessage `json:"shortDescription"`
		Configuration sarifLevel   `json:"defaultConfiguration"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
	}
)

// sarifLog is the findings as SARIF, with all kinds of findings as rules.
func sarifLog(found []audit.Finding) sarifFile {
	codes := audit.Codes()
	driver := sarifDriver{Name: "cubeward"}
	if info, ok := debug.ReadBuildInfo(); ok {
		driver.Version = info.Main.Version
	}
	for _, c := range codes {
		driver.Rules = append(driver.Rules, sarifRule{c.Name, sarifMessage{c.Summary}, sarifLevel{c.Level.String()}})
	}
	results := []sarifResult{}
	for _, f := range found {
		i := slices.IndexFunc(codes, func(c audit.Code) bool { return c.Name == f.Code })
		results = append(results, sarifResult{
			RuleID: f.Code, RuleIndex: i, Level: codes[i].Level.String(),
			Message: sarifMessage{f.Message + ". Remedy: " + f.Remedy + "."}, Locations: sarifPlaces(f),
		})
	}
	return sarifFile{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: results}},
	}
}

func sarifPlaces(f audit.Finding) []sarifLocation {
	var at sarifLocation
	if f.Pos.File != "" {
		at.Physical = &sarifPhysical{Artifact: sarifArtifact{fileURI(f.Pos.File)}, Region: region(f.Pos)}
	}
	if name := blockName(f.Block); name != "" {
		at.Logical = []sarifLogical{{name}}
	}
	if at.Physical == nil && at.Logical == nil {
		return nil
	}
	return []sarifLocation{at}
}

func region(pos cube.Position) *sarifRegion {
	if pos.Line == 0 {
		return nil
	}
	return &sarifRegion{pos.Line, pos.Column}
}

// fileURI is a path as a reference: relative ones stay relative, to the folder in which the command was called.
func fileURI(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}
