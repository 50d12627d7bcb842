//go:build arm64 && !noasm

#include "go_asm.h"
#include "textflag.h"

// The routines are explained in docs/kernel.md.

// WORD gathers a bit for each byte of V4..V7, which are all ones or zeros, in
// dst. V20 has the bits 1, 2, 4 ... 128 in turn; adding neighbours puts them
// together.
#define WORD(dst) \
	VAND  V20.B16, V4.B16, V4.B16 \
	VAND  V20.B16, V5.B16, V5.B16 \
	VAND  V20.B16, V6.B16, V6.B16 \
	VAND  V20.B16, V7.B16, V7.B16 \
	VADDP V5.B16, V4.B16, V4.B16 \
	VADDP V7.B16, V6.B16, V6.B16 \
	VADDP V6.B16, V4.B16, V4.B16 \
	VADDP V4.B16, V4.B16, V4.B16 \
	VMOV  V4.D[0], dst

// EQUAL compares the piece with a byte in each place of pattern.
#define EQUAL(pattern) \
	VCMEQ pattern.B16, V0.B16, V4.B16 \
	VCMEQ pattern.B16, V1.B16, V5.B16 \
	VCMEQ pattern.B16, V2.B16, V6.B16 \
	VCMEQ pattern.B16, V3.B16, V7.B16

// ANY sets dst to something that is not 0 if V4..V7 are not all 0.
#define ANY(dst, tmp) \
	VORR V5.B16, V4.B16, V4.B16 \
	VORR V7.B16, V6.B16, V6.B16 \
	VORR V6.B16, V4.B16, V4.B16 \
	VMOV V4.D[0], dst \
	VMOV V4.D[1], tmp \
	ORR  tmp, dst, dst

// CONTROL sets to to all ones where from is a control character other than the end byte.
#define CONTROL(from, to) \
	VUMIN V22.B16, from.B16, V8.B16 \
	VCMEQ V8.B16, from.B16, V8.B16 \
	VCMEQ V23.B16, from.B16, V9.B16 \
	VORR  V9.B16, V8.B16, V8.B16 \
	VCMEQ V17.B16, from.B16, V9.B16 \
	VEOR  V9.B16, V8.B16, to.B16

// func masksNEON(m *masks, data *byte, pieces int, delimiter, end, special byte)
TEXT ·masksNEON(SB), NOSPLIT, $0-27
	MOVD  m+0(FP), R0
	MOVD  data+8(FP), R1
	MOVD  pieces+16(FP), R2
	MOVBU delimiter+24(FP), R3
	VDUP  R3, V16.B16
	MOVBU end+25(FP), R3
	VDUP  R3, V17.B16
	MOVBU special+26(FP), R3
	VDUP  R3, V18.B16
	MOVD  $0x20, R3
	VDUP  R3, V19.B16
	MOVD  $0x8040201008040201, R3
	VDUP  R3, V20.D2
	MOVD  $0x5C, R3
	VDUP  R3, V21.B16
	MOVD  $0x1F, R3
	VDUP  R3, V22.B16
	MOVD  $0x7F, R3
	VDUP  R3, V23.B16
	MOVD  $0x8080808080808080, R4

piece:
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	EQUAL(V16)
	WORD(R5)
	MOVD R5, masks_delimiter(R0)
	EQUAL(V17)
	WORD(R5)
	MOVD R5, masks_end(R0)
	EQUAL(V18)
	WORD(R5)
	MOVD R5, masks_special(R0)
	EQUAL(V19)
	WORD(R5)
	MOVD R5, masks_space(R0)
	EQUAL(V21)
	ANY(R5, R6)
	MOVD R5, masks_slashes(R0)
	CONTROL(V0, V4)
	CONTROL(V1, V5)
	CONTROL(V2, V6)
	CONTROL(V3, V7)
	ANY(R5, R6)
	MOVD R5, masks_controls(R0)
	VORR V1.B16, V0.B16, V4.B16
	VORR V3.B16, V2.B16, V5.B16
	VORR V5.B16, V4.B16, V4.B16
	VMOV V4.D[0], R5
	VMOV V4.D[1], R6
	ORR  R6, R5, R5
	AND  R4, R5, R5
	MOVD R5, masks_highs(R0)

	ADD  $masks__size, R0
	SUBS $1, R2, R2
	BNE  piece
	RET
