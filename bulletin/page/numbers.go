package page

import (
	"strconv"
	"strings"
	"time"
)

// number writes a whole number.
func (l *language) number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + l.group + s[i:]
	}
	return s
}

// percent writes part/whole in hundredths, to a tenth of one. What is not everything is never written as 100, and what is not nothing never
// as 0.
func (l *language) percent(part, whole uint64) string {
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
	s := l.number(tenths / 10)
	if tenths%10 > 0 {
		s += l.decimal + strconv.FormatUint(tenths%10, 10)
	}
	return strings.Replace(l.percentage, "{n}", s, 1)
}

// day writes a date, at writes a date with its time. Both are in UTC; at says so.
func (l *language) day(t time.Time) string {
	return strings.NewReplacer("{day}", strconv.Itoa(t.Day()), "{month}", l.months[t.Month()-1], "{year}", strconv.Itoa(t.Year())).Replace(l.date)
}

func (l *language) at(unix uint64) string {
	t := clock(unix)
	return strings.NewReplacer("{date}", l.day(t), "{time}", t.Format("15:04")).Replace(l.moment)
}

// calendar writes a date like 2027-03-05, which has no time zone.
func (l *language) calendar(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return l.day(t)
}

func clock(unix uint64) time.Time { return time.Unix(int64(unix), 0).UTC() }

// period writes a number of seconds in the largest unit that it is a whole number of.
func (l *language) period(seconds uint64) string {
	for _, unit := range []struct {
		key string
		of  uint64
	}{{"period.days", 86_400}, {"period.hours", 3600}, {"period.minutes", 60}} {
		if seconds >= unit.of && seconds%unit.of == 0 {
			return l.count(unit.key, seconds/unit.of)
		}
	}
	return l.count("period.seconds", seconds)
}

// size writes a number of bytes.
func (l *language) size(bytes uint64) string {
	if bytes < 1000 {
		return l.say("size.b", "n", bytes)
	}
	key, unit := "size.kb", uint64(1000)
	for _, larger := range []string{"size.mb", "size.gb"} {
		if bytes/unit < 1000 {
			break
		}
		key, unit = larger, unit*1000
	}
	s := l.number(bytes / unit)
	if tenth := bytes % unit / (unit / 10); bytes/unit < 10 && tenth > 0 {
		s += l.decimal + strconv.FormatUint(tenth, 10)
	}
	return l.say(key, "n", s)
}
