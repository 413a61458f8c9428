/*
 * class_digests: of what each kernel makes of the inputs in test_kernel_class.c, in class "fma" and in class "c". Made
 * by `tests/kernel/test_kernel_class --digests` on a machine with both. A change of these numbers changes results.
 */
DIGEST(gemm_panel, 0x56af2e234659f6f7, 0x4887b7e02e189fbc)
DIGEST(rowmax_panel, 0x10e95c809f45cfdb, 0x8887f40ae6acbe97)
DIGEST(dot_rows, 0x5e267a874f974ad8, 0x8984d8113ac57e07)
DIGEST(normalise_panel, 0x11b3f1cf372381c5, 0x11b3f1cf372381c5)
DIGEST(gather_panel, 0x48d68255a899011f, 0x48d68255a899011f)
DIGEST(moments_panel, 0xfbcff6ed531a895b, 0xfbcff6ed531a895b)
DIGEST(affine_panel, 0x4dfd7ffb3cf2624c, 0xdca9158c07b20721)
DIGEST(mix_panel, 0xa2a4a4fb13a21d27, 0x801dec4dd7a4c05b)
DIGEST(sum_weights, 0xae645d3ea6aebec1, 0x063cd7923edbdf6c)
DIGEST(distance_squared, 0xc410fe39301599d1, 0x3c2f2902f2104f3e)
DIGEST(from_half, 0x5774d267aba047fc, 0x5774d267aba047fc)
DIGEST(from_bfloat, 0x34358c20dcd55205, 0x34358c20dcd55205)
DIGEST(largest, 0x3b326ed6f6ba7d14, 0x3b326ed6f6ba7d14)
DIGEST(find_at_least, 0x604a8d378f33f0b9, 0x604a8d378f33f0b9)
DIGEST(winograd_weights, 0xa77c2c4e24fb024e, 0xa77c2c4e24fb024e)
DIGEST(winograd_input, 0x0f355f757d8248f7, 0x7ba996083d29ecdc)
DIGEST(winograd_output, 0x523b3afbb12d3485, 0xa6b572fb821ec8e1)
