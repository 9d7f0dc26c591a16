package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

const (
	envPrefix      = "SCIMHUB_"
	configFlag     = "config" // names the file, and so can't stand in it
	configVariable = "SCIMHUB_CONFIG"
)

// layer is one place where settings stand. Lower layers are asked first.
type layer struct {
	*koanf.Koanf
	place func(name string) string // where a setting stands, as an operator says it
}

// loaded is a configuration and how it came about.
type loaded struct {
	Config
	warnings []string
	places   map[string]string // of the settings that some layer has
}

// load reads the configuration from flags, environment and file, a flag beating
// the environment and the environment the file. All faults are reported at
// once, each with the place where it stands.
func load(flags *pflag.FlagSet, environ []string) (loaded, error) {
	l := loaded{Config: defaultConfig(), places: map[string]string{}}
	flagLayer, err := readFlags(flags)
	if err != nil {
		return l, err
	}
	envLayer, err := readEnvironment(environ)
	if err != nil {
		return l, err
	}
	l.warnings = unknownVariables(environ)
	l.Serves = flags.Lookup("listen") != nil // a flag of the command that serves alone
	fileLayer, faults := readFile(fileName(flagLayer, envLayer))

	bad := map[string]bool{}
	for _, s := range settings() {
		for _, from := range []layer{flagLayer, envLayer, fileLayer} {
			if !from.Exists(s.name) {
				continue
			}
			l.places[s.name] = from.place(s.name)
			if err := s.set(&l.Config, from.String(s.name)); err != nil {
				faults = append(faults, configFault{s.name, from.place(s.name), err.Error()})
				bad[s.name] = true
			}
			break
		}
	}
	return l, append(faults, l.validate(bad)...).orNil()
}

// validate gives the faults of settings that could be read, and says of each
// where it stands.
func (l loaded) validate(bad map[string]bool) configFaults {
	faults, _ := errors.AsType[configFaults](l.Validate())
	faults = slices.DeleteFunc(faults, func(f configFault) bool { return bad[f.setting] })
	for i := range faults {
		faults[i].place = l.places[faults[i].setting]
	}
	return faults
}

// fileName gives the name of the configuration file, or "".
func fileName(flagLayer, envLayer layer) string {
	if flagLayer.Exists(configFlag) {
		return flagLayer.String(configFlag)
	}
	return envLayer.String(configFlag)
}

// readFlags gives the settings on the command line.
func readFlags(flags *pflag.FlagSet) (layer, error) {
	l := layer{koanf.New("."), func(name string) string { return "--" + name }}
	provider := posflag.ProviderWithFlag(flags, ".", nil, func(f *pflag.Flag) (string, any) {
		return f.Name, f.Value.String()
	})
	return l, l.Load(provider, nil)
}

// readEnvironment gives the settings in the environment. An empty variable is as
// good as none: compose files and charts pass what nobody set as empty.
func readEnvironment(environ []string) (layer, error) {
	l := layer{koanf.New("."), func(name string) string { return setting{name: name}.variable() }}
	provider := env.Provider("", env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(variable, value string) (string, any) {
			if value == "" {
				return "", nil
			}
			return keyOf(variable), value
		},
	})
	return l, l.Load(provider, nil)
}

// keyOf gives the name of the setting that a variable would set.
func keyOf(variable string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, envPrefix), "_", "-"))
}

// unknownVariables warns of variables that look like settings and are none.
// They are no faults, since others may set them: tests, later versions, and
// Kubernetes for a service named scimhub.
func unknownVariables(environ []string) []string {
	var warnings []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || name == configVariable || fromElsewhere(name) || isSetting(keyOf(name)) {
			continue
		}
		warning := "the environment variable " + name + " is no setting of this version"
		if meant := nearest(keyOf(name)); meant != "" {
			warning += "; did you mean " + setting{name: meant}.variable() + "?"
		}
		warnings = append(warnings, warning)
	}
	return warnings
}

// fromElsewhere reports whether a variable is one that Kubernetes makes for a
// service named scimhub, one of our tests, or one for the clients of a hub.
func fromElsewhere(variable string) bool {
	if variable == tokenVariable {
		return true
	}
	rest := strings.TrimPrefix(variable, envPrefix)
	for _, prefix := range []string{"SERVICE_", "PORT", "TEST_"} {
		if strings.HasPrefix(rest, prefix) {
			return true
		}
	}
	return false
}

// readFile gives the settings in the configuration file, and its faults.
func readFile(name string) (layer, configFaults) {
	l := layer{koanf.New("."), func(key string) string { return name + ": " + key }}
	if name == "" {
		return l, nil
	}
	if err := l.Load(file.Provider(name), yaml.Parser()); err != nil {
		return l, configFaults{{place: name, problem: fileProblem(err)}}
	}
	var faults configFaults
	top := l.Raw()
	for _, key := range slices.Sorted(maps.Keys(top)) {
		if problem := keyProblem(key, top[key]); problem != "" {
			faults = append(faults, configFault{place: l.place(key), problem: problem})
			l.Delete(key)
		}
		if top[key] == nil { // "key:" without a value is as good as none
			l.Delete(key)
		}
	}
	return l, faults
}

func fileProblem(err error) string {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return "can't be read: " + pathErr.Err.Error()
	}
	return "is no YAML mapping of settings: " + strings.TrimPrefix(err.Error(), "yaml: ")
}

// keyProblem says what is wrong with a key of the file, or "".
func keyProblem(key string, value any) string {
	switch value.(type) {
	case map[string]any, []any:
		if isSetting(key) {
			return "must be a single value"
		}
	}
	for _, s := range settings() {
		if s.name == key && s.scope == environmentOnly {
			return "is a secret and can't stand in the file; set " + s.variable()
		}
		if s.name == key {
			return ""
		}
	}
	if meant := nearest(key); meant != "" {
		return fmt.Sprintf("there is no such setting; did you mean %s?", meant)
	}
	return "there is no such setting; scimhub serve --help lists them"
}

func isSetting(name string) bool {
	return slices.ContainsFunc(settings(), func(s setting) bool { return s.name == name })
}
