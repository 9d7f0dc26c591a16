package main

import (
	"fmt"
	"strings"
)

// configFault is one thing that is wrong in a configuration.
type configFault struct {
	setting string // the name of the setting; "" where there is no such setting
	place   string // where its value stands; "" while unknown
	problem string // what is wrong, and what would be right
}

func (f configFault) String() string {
	place := f.place
	if place == "" {
		place = f.setting
	}
	return place + ": " + strings.ReplaceAll(f.problem, "\n", "\n    ")
}

// configFaults are all the faults of a configuration, as one error.
type configFaults []configFault

func (faults configFaults) Error() string {
	if len(faults) == 1 {
		return "configuration: " + faults[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "configuration: %d faults", len(faults))
	for _, f := range faults {
		b.WriteString("\n  " + f.String())
	}
	return b.String()
}

// orNil gives nil, not an empty list that is no nil error.
func (faults configFaults) orNil() error {
	if len(faults) == 0 {
		return nil
	}
	return faults
}
