//! The element types of a file, and the conversion of 16-bit numbers.

/// The supported element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    F16,
    Bf16,
    F32,
    F64,
    Bool,
    U8,
    I8,
    I16,
    I32,
    I64,
}

impl Kind {
    pub(super) fn of(dtype: &str) -> Option<Self> {
        Some(match dtype {
            "F16" => Self::F16,
            "BF16" => Self::Bf16,
            "F32" => Self::F32,
            "F64" => Self::F64,
            "BOOL" => Self::Bool,
            "U8" => Self::U8,
            "I8" => Self::I8,
            "I16" => Self::I16,
            "I32" => Self::I32,
            "I64" => Self::I64,
            _ => return None,
        })
    }

    /// The number of bytes of an element.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::F16 | Self::Bf16 | Self::I16 => 2,
            Self::F32 | Self::I32 => 4,
            Self::F64 | Self::I64 => 8,
        }
    }
}

/// Converts a number with 5 bits of exponent and 10 bits of mantissa (IEEE 754 binary16), exactly.
pub(super) fn from_f16(bytes: [u8; 2]) -> f32 {
    let bits = u32::from(u16::from_le_bytes(bytes));
    let (sign, exponent, mantissa) = ((bits & 0x8000) << 16, (bits >> 10) & 0x1f, bits & 0x3ff);
    let magnitude = match exponent {
        // Zero and subnormal numbers: a multiple of 2⁻²⁴, which `f32` represents as a normal number.
        0 => (mantissa as f32 / 16_777_216.0).to_bits(),
        // Infinities and NaN keep their mantissa.
        0x1f => 0x7f80_0000 | (mantissa << 13),
        _ => ((exponent + (127 - 15)) << 23) | (mantissa << 13),
    };
    f32::from_bits(sign | magnitude)
}

/// Converts a number that has the upper half of the bits of an `f32`, exactly.
pub(super) fn from_bf16(bytes: [u8; 2]) -> f32 {
    f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a number by its definition, in double precision.
    fn defined(bits: u16, exponent_bits: u32) -> f64 {
        let mantissa_bits = 15 - exponent_bits;
        let bias = (1 << (exponent_bits - 1)) - 1;
        let exponent = i32::from(bits & 0x7fff) >> mantissa_bits;
        let mantissa = f64::from(bits & ((1 << mantissa_bits) - 1)) / f64::from(1 << mantissa_bits);
        let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
        match exponent {
            0 => sign * mantissa * 2_f64.powi(1 - bias),
            last if last == (1 << exponent_bits) - 1 && mantissa == 0.0 => sign * f64::INFINITY,
            last if last == (1 << exponent_bits) - 1 => f64::NAN,
            _ => sign * (1.0 + mantissa) * 2_f64.powi(exponent - bias),
        }
    }

    #[test]
    fn every_16_bit_number_is_exact() {
        for bits in 0..=u16::MAX {
            for (value, exponent_bits) in
                [(from_f16(bits.to_le_bytes()), 5), (from_bf16(bits.to_le_bytes()), 8)]
            {
                let expected = defined(bits, exponent_bits);
                assert_eq!(value.is_nan(), expected.is_nan(), "{bits:04x}");
                assert_eq!(value.is_sign_negative(), bits & 0x8000 != 0, "{bits:04x}");
                assert!(
                    value.is_nan() || f64::from(value) == expected,
                    "{bits:04x}: {value} is not {expected}"
                );
            }
        }
        assert_eq!(from_f16(0x0001_u16.to_le_bytes()), 2_f32.powi(-24));
        assert_eq!(from_f16(0x7bff_u16.to_le_bytes()), 65504.0);
        assert_eq!(from_bf16(0x3f80_u16.to_le_bytes()), 1.0);
    }
}
