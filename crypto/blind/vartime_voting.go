//go:build voting

package blind

type varTimeModulus = plainModulus

func newVarTimeModulus(n []byte) varTimeModulus { return newPlainModulus(n) }
