package audit

// Level says how much a finding weighs.
type Level uint8

// The levels: a Note is about something that may be meant, but somebody should have looked at it; a Warning is about
// something that is most likely not meant.
const (
	Note Level = iota
	Warning
)

// String is the level as SARIF writes it.
func (l Level) String() string { return [...]string{"note", "warning"}[l] }

// Code is a kind of finding.
type Code struct {
	Name    string // stable, in kebab case
	Level   Level
	Summary string // what all its findings have in common
}

// The names of codes, as findings, comments and docs/lint.md have them.
const (
	codeResetGivesAway   = "reset-gives-away"
	codeReset            = "reset-access-rights"
	codeAcross           = "reset-across-applications"
	codeInheritanceOff   = "inheritance-off"
	codePublic           = "public-block"
	codeNoRule           = "no-rule"
	codeNobodyReads      = "nobody-can-read"
	codeNobodyWrites     = "nobody-can-write"
	codeDeniesEveryone   = "rule-denies-everyone"
	codeGovernsNothing   = "rule-governs-nothing"
	codeWithoutEffect    = "rule-without-effect"
	codeRepeated         = "rule-repeated"
	codeUnusedMetric     = "unused-rights-metric"
	codeNegatedBlank     = "negated-blank"
	codeFilterRemove     = "filter-then-remove"
	codeDefaultAccess    = "default-access-named"
	codeUnknownSkipped   = "unknown-names-skipped"
	codeNoRole           = "members-without-role"
	codeUnusedRole       = "role-without-members"
	codeAlike            = "names-alike"
	codeInvisible        = "invisible-characters"
	codeIgnoreReason     = "ignore-without-reason"
	codeIgnoreUnknown    = "ignore-unknown-code"
	codeIgnoreUnanswered = "ignore-unanswered"
)

// Codes are all kinds of findings: first what may show too much, then what may show too little or do nothing, then
// names and people, then the comments that ignore findings. Each call makes a new slice.
func Codes() []Code {
	return []Code{
		{codeResetGivesAway, Warning, "readers of a block can work out what RESETACCESSRIGHTS was to keep from them"},
		{codeReset, Note, "a formula leaves the rights of what it reads behind"},
		{codeAcross, Note, "RESETACCESSRIGHTS cuts the rights of other applications, too"},
		{codeInheritanceOff, Note, "the formulas of an application inherit no rights within it"},
		{codePublic, Note, "a metric is public: no rule governs who reads it"},
		{codeNoRule, Note, "nothing but the defaults of roles says who reads a block"},
		{codeNegatedBlank, Warning, "a rights formula negates a value that is BLANK somewhere"},
		{codeNobodyReads, Warning, "nobody can read any cell of a block"},
		{codeNobodyWrites, Warning, "nobody can change any cell of a block that is made for input"},
		{codeDeniesEveryone, Warning, "the access-rights metric of a rule gives nobody anything"},
		{codeGovernsNothing, Warning, "a rule reaches no block"},
		{codeWithoutEffect, Warning, "without a rule the rights would be the same: what it adds is lifted, or there is nothing to lift"},
		{codeRepeated, Warning, "a rule only says what rules before it say"},
		{codeUnusedMetric, Warning, "no rule uses an access-rights metric"},
		{codeFilterRemove, Warning, "a formula filters one item and removes the dimension, where SELECT needs fewer rights"},
		{codeDefaultAccess, Note, "scenario access says what holds anyway"},
		{codeUnknownSkipped, Warning, "rows of a file were left out, as they name unknown members or items"},
		{codeNoRole, Note, "members have no role in an application, and so no rights in it"},
		{codeUnusedRole, Note, "nobody has a role that the model defines"},
		{codeAlike, Warning, "names differ, but look alike"},
		{codeInvisible, Warning, "a name holds characters that nobody sees"},
		{codeIgnoreReason, Warning, "a comment that ignores findings does not say why"},
		{codeIgnoreUnknown, Warning, "a comment ignores a code that does not exist"},
		{codeIgnoreUnanswered, Warning, "a comment ignores findings that there are not"},
	}
}
