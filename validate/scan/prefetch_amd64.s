//go:build amd64 && !noasm

#include "textflag.h"

// func prefetchLines(lines []Line, at []uint32)
TEXT ·prefetchLines(SB), NOSPLIT, $0-48
	MOVQ lines_base+0(FP), DI
	MOVQ at_base+24(FP), SI
	MOVQ at_len+32(FP), CX

next:
	MOVL       (SI), AX
	SHLQ       $6, AX
	PREFETCHT0 (DI)(AX*1)
	ADDQ       $4, SI
	DECQ       CX
	JNZ        next
	RET
