//go:build amd64 && !noasm

#include "textflag.h"

// The routines are explained in docs/kernel.md.

// func masksAVX2(found, special *uint64, data *byte, pieces int, delimiter, end, other byte)
TEXT ·masksAVX2(SB), NOSPLIT, $0-35
	MOVQ found+0(FP), DI
	MOVQ special+8(FP), SI
	MOVQ data+16(FP), DX
	MOVQ pieces+24(FP), CX
	VPBROADCASTB delimiter+32(FP), Y0
	VPBROADCASTB end+33(FP), Y1
	VPBROADCASTB other+34(FP), Y2

piece:
	VMOVDQU (DX), Y3
	VMOVDQU 32(DX), Y4

	// Delimiter or end.
	VPCMPEQB Y0, Y3, Y5
	VPCMPEQB Y1, Y3, Y6
	VPOR     Y5, Y6, Y5
	VPCMPEQB Y0, Y4, Y7
	VPCMPEQB Y1, Y4, Y8
	VPOR     Y7, Y8, Y7
	VPMOVMSKB Y5, AX
	VPMOVMSKB Y7, BX
	SHLQ     $32, BX
	ORQ      BX, AX
	MOVQ     AX, (DI)

	// The special byte.
	VPCMPEQB Y2, Y3, Y5
	VPCMPEQB Y2, Y4, Y7
	VPMOVMSKB Y5, AX
	VPMOVMSKB Y7, BX
	SHLQ     $32, BX
	ORQ      BX, AX
	MOVQ     AX, (SI)

	ADDQ $64, DX
	ADDQ $8, DI
	ADDQ $8, SI
	DECQ CX
	JNZ  piece
	VZEROUPPER
	RET

// func controlsAVX2(data *byte, pieces int) (n int, highs uint32)
TEXT ·controlsAVX2(SB), NOSPLIT, $0-28
	MOVQ data+0(FP), DX
	MOVQ pieces+8(FP), CX
	MOVL $0x1F1F1F1F, AX
	MOVQ AX, X0
	VPBROADCASTD X0, Y0
	MOVL $0x7F7F7F7F, AX
	MOVQ AX, X1
	VPBROADCASTD X1, Y1
	VPXOR Y2, Y2, Y2
	XORQ R8, R8

next:
	VMOVDQU (DX), Y3
	VPOR    Y3, Y2, Y2

	// The smaller of the byte and 0x1F is the byte itself if that is below 0x20.
	VPMINUB  Y0, Y3, Y4
	VPCMPEQB Y4, Y3, Y4
	VPCMPEQB Y1, Y3, Y5
	VPOR     Y4, Y5, Y4
	VPMOVMSKB Y4, AX
	POPCNTL  AX, AX
	ADDQ     AX, R8

	ADDQ $32, DX
	DECQ CX
	JNZ  next
	VPMOVMSKB Y2, AX
	MOVQ R8, n+16(FP)
	MOVL AX, highs+24(FP)
	VZEROUPPER
	RET

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)

	// Leaf 1: POPCNT, OSXSAVE, AVX.
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $0x18800000, CX
	CMPL CX, $0x18800000
	JNE  no

	// The system saves the registers.
	XORL CX, CX
	XGETBV
	ANDL $6, AX
	CMPL AX, $6
	JNE  no

	// Leaf 7: AVX2.
	MOVL $7, AX
	XORL CX, CX
	CPUID
	ANDL $0x20, BX
	JZ   no
	MOVB $1, ret+0(FP)

no:
	RET
