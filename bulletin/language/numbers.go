package language

import (
	"strconv"
	"strings"
	"time"
)

// Number writes a whole number.
func (l *Language) Number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + l.group + s[i:]
	}
	return s
}

// Percent writes part/whole in hundredths, to a tenth of one. What is not everything is never written as 100, and what is not nothing never
// as 0.
func (l *Language) Percent(part, whole uint64) string {
	if whole == 0 {
		return strings.Replace(l.percentage, "{n}", "0", 1)
	}
	tenths := uint64(float64(part)/float64(whole)*1000 + 0.5)
	if part > 0 {
		tenths = max(tenths, 1)
	}
	if part < whole {
		tenths = min(tenths, 999)
	}
	s := l.Number(tenths / 10)
	if tenths%10 > 0 {
		s += l.decimal + strconv.FormatUint(tenths%10, 10)
	}
	return strings.Replace(l.percentage, "{n}", s, 1)
}

// Day writes the date of a time.
func (l *Language) Day(t time.Time) string {
	return strings.NewReplacer("{day}", strconv.Itoa(t.Day()), "{month}", l.months[t.Month()-1], "{year}", strconv.Itoa(t.Year())).Replace(l.date)
}

// At writes a time, in seconds since 1970, with its date, in UTC, and says so.
func (l *Language) At(unix uint64) string {
	t := clock(unix)
	return strings.NewReplacer("{date}", l.Day(t), "{time}", t.Format("15:04")).Replace(l.moment)
}

// Calendar writes a date like 2027-03-05, which has no time zone.
func (l *Language) Calendar(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return l.Day(t)
}

func clock(unix uint64) time.Time { return time.Unix(int64(unix), 0).UTC() }

// Period writes a number of seconds in the largest unit that it is a whole number of.
func (l *Language) Period(seconds uint64) string {
	for _, unit := range []struct {
		key string
		of  uint64
	}{{"period.days", 86_400}, {"period.hours", 3600}, {"period.minutes", 60}} {
		if seconds >= unit.of && seconds%unit.of == 0 {
			return l.Count(unit.key, seconds/unit.of)
		}
	}
	return l.Count("period.seconds", seconds)
}

// Size writes a number of bytes.
func (l *Language) Size(bytes uint64) string {
	if bytes < 1000 {
		return l.Say("size.b", "n", bytes)
	}
	key, unit := "size.kb", uint64(1000)
	for _, larger := range []string{"size.mb", "size.gb"} {
		if bytes/unit < 1000 {
			break
		}
		key, unit = larger, unit*1000
	}
	s := l.Number(bytes / unit)
	if tenth := bytes % unit / (unit / 10); bytes/unit < 10 && tenth > 0 {
		s += l.decimal + strconv.FormatUint(tenth, 10)
	}
	return l.Say(key, "n", s)
}
