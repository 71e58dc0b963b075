package formula

import (
	"math"

	"github.com/cubeward/cubeward/cube"
)

// dateParts is YEAR, MONTH and DAY.
func (s *session) dateParts(op Op, d *column) (*column, error) {
	o := &operation{op: op, kind: cube.Number, strict: true}
	o.kern = func(out lane, in []lane, n int) {
		for i, days := range in[0].ints[:n] {
			if days == cube.BlankInt {
				out.num[i] = math.NaN()
				continue
			}
			year, month, day := civil(int64(days))
			switch op {
			case OpYear:
				out.num[i] = float64(year)
			case OpMonth:
				out.num[i] = float64(month)
			default:
				out.num[i] = float64(day)
			}
		}
	}
	return s.apply(o, coerce(d, cube.Date))
}

// civil is the Gregorian date of a number of days since 1970-01-01. It counts years from March, so that the leap day
// comes last, in eras of 400 years; package time does the same for ten times the cost.
func civil(days int64) (year, month, day int64) {
	const (
		daysInEra  = 146097
		toEraStart = 719468 // from 0000-03-01 to 1970-01-01
	)
	days += toEraStart
	era := days / daysInEra
	if days < 0 {
		era = (days - daysInEra + 1) / daysInEra
	}
	doe := days - era*daysInEra
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}
