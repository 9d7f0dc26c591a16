package main

import (
	"github.com/spf13/cobra"
)

// settingFlag holds the text of a setting's flag. It is read with the other
// places of settings (load), so that all faults are reported at once.
type settingFlag struct {
	text string
	kind string
}

func (f *settingFlag) String() string     { return f.text }
func (f *settingFlag) Set(s string) error { f.text = s; return nil }
func (f *settingFlag) Type() string       { return f.kind }

// addSettings gives a command the flags of settings, and --config.
func addSettings(cmd *cobra.Command, scopes ...settingScope) {
	flags := cmd.Flags()
	flags.Var(&settingFlag{kind: "file"}, configFlag, "YAML file with settings, under the names of the flags")
	for _, s := range settings() {
		for _, scope := range scopes {
			if s.scope != scope {
				continue
			}
			f := flags.VarPF(&settingFlag{text: s.initial, kind: s.kind}, s.name, "", s.usage)
			if s.isSwitch() {
				f.NoOptDefVal = "true"
			}
		}
	}
}
