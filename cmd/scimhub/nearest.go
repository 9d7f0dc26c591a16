package main

import "strings"

// nearest gives the setting that a mistyped name most likely means, or "".
func nearest(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	best, least := "", 1+len(name)/3
	for _, s := range settings() {
		if d := distance(name, s.name); d <= least && (best == "" || d < distance(name, best)) {
			best = s.name
		}
	}
	return best
}

// distance counts the letters to insert, drop or change to turn a into b
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
