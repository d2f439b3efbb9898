package main

func shrink(b []byte) ([]byte, error) { return b, nil }
