package formula

// ParseReference reads the name of a block in formula syntax (SPEC 6): a metric or a list, or a property of a list, with
// its application where one is written: [App::]Name[.Property]. The error is Errors.
func ParseReference(text string) (app, name, property string, err error) {
	p, err := newParser(text)
	if err != nil {
		return "", "", "", err
	}
	block, member := p.block(), Name{}
	if p.accept(".") {
		member = p.name()
	}
	if p.tok.kind != tokenEnd {
		p.unexpected("the end of the name (a name with other characters than letters, digits and _ needs quotes)")
	}
	if err := p.errs.err(); err != nil {
		return "", "", "", err
	}
	return block.App, block.Name, member.Name, nil
}
