package console

import (
	"fmt"
	"reflect"

	"mandate/ballot/rules"
)

// pace is how many seconds a day lasts in the rules of the vote.
func (d *draft) pace() int {
	if !d.Mock || d.Pace < 1 || d.Pace >= 86_400 {
		return 86_400
	}
	return d.Pace
}

// rulesFile returns a rules file that comes with the program. In a rehearsal its days last so many seconds, and its name says so.
func rulesFile(name string, pace int) (*rules.Rules, error) {
	file, err := rules.TemplateFile(name)
	if err != nil {
		return nil, err
	}
	by, err := rules.Parse([]byte(file))
	if err != nil || pace == 86_400 {
		return by, err
	}
	by.Name += "-rehearsal"
	if err := scale(reflect.ValueOf(by), uint64(pace)); err != nil {
		return nil, err
	}
	// People still need a moment for their part of the key.
	return by, by.Voting.Step.UnmarshalText([]byte(fmt.Sprintf("%d seconds", max(by.Voting.Step.Seconds(), 600))))
}

// scale shortens every period of rules, to a second at least.
func scale(v reflect.Value, pace uint64) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return scale(v.Elem(), pace)
	case reflect.Struct:
		if p, ok := v.Addr().Interface().(*rules.Period); ok {
			if p.Seconds() == 0 {
				return nil
			}
			return p.UnmarshalText([]byte(fmt.Sprintf("%d seconds", max(1, (p.Seconds()*pace+86_399)/86_400))))
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				if err := scale(v.Field(i), pace); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
