//go:build arm64 && !noasm

#include "textflag.h"

// func prefetchLines(lines []Line, at []uint32)
TEXT ·prefetchLines(SB), NOSPLIT, $0-48
	MOVD lines_base+0(FP), R0
	MOVD at_base+24(FP), R1
	MOVD at_len+32(FP), R2

next:
	MOVWU.P 4(R1), R3
	ADD     R3<<6, R0, R3
	PRFM    (R3), PLDL1KEEP
	SUBS    $1, R2, R2
	BNE     next
	RET
