package rules

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed example.toml
var example string

// Example returns a rules file with every field explained.
func Example() string { return example }

//go:embed templates/*.toml
var templates embed.FS

// Templates returns the names of the rules files that come with the program.
func Templates() []string {
	entries, err := fs.ReadDir(templates, "templates")
	if err != nil {
		panic("rules: " + err.Error()) // they are compiled in
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return names
}

// TemplateFile returns the text of a rules file that comes with the program.
func TemplateFile(name string) (string, error) {
	b, err := templates.ReadFile("templates/" + name + ".toml")
	if err != nil {
		return "", fmt.Errorf("there is no template %q, only %s", name, strings.Join(Templates(), ", "))
	}
	return string(b), nil
}

// Template returns a rules file that comes with the program.
func Template(name string) (*Rules, error) {
	text, err := TemplateFile(name)
	if err != nil {
		return nil, err
	}
	r, err := Parse([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return r, nil
}
