//go:build !linux

package cognito

func endDescendants() {}
