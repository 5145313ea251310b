import forge from 'node-forge'

// Encoding only: what we read is parsed by node:crypto, so no DER from outside ever reaches this code.
const { asn1 } = forge
const { Class, Type } = asn1

/** One DER value, ready to be put into another or to be encoded. */
export type Der = forge.asn1.Asn1

/** The bytes of a value. */
export function encode(value: Der): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), 'latin1')
}

export function sequence(...items: Der[]): Der {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, items)
}

export function set(...items: Der[]): Der {
  return asn1.create(Class.UNIVERSAL, Type.SET, true, items)
}

/** An object identifier from its dotted text. */
export function oid(text: string): Der {
  return primitive(Type.OID, Buffer.from(asn1.oidToDer(text).getBytes(), 'latin1'))
}

/** A non-negative integer from unsigned big-endian bytes: a set high bit never makes it negative. */
export function integer(bytes: Uint8Array): Der {
  return primitive(Type.INTEGER, Buffer.concat([Buffer.of(0), bytes]).subarray((bytes[0] ?? 0) >= 0x80 ? 0 : 1))
}

export function boolean(value: boolean): Der {
  return primitive(Type.BOOLEAN, Buffer.of(value ? 0xff : 0))
}

/** NULL. */
export function nothing(): Der {
  return primitive(Type.NULL, Buffer.alloc(0))
}

/** UTF8String: any text is valid, where forge's default PrintableString makes Go refuse `@` and `_`. */
export function utf8(text: string): Der {
  return primitive(Type.UTF8, Buffer.from(text, 'utf8'))
}

export function octetString(bytes: Uint8Array): Der {
  return primitive(Type.OCTETSTRING, bytes)
}

/** A bit string of whole bytes, of whose last byte the `unused` lowest bits do not count. */
export function bitString(bytes: Uint8Array, unused = 0): Der {
  return primitive(Type.BITSTRING, Buffer.concat([Buffer.of(unused), bytes]))
}

/** RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050; whole seconds. */
export function time(date: Date): Der {
  return date.getUTCFullYear() < 2050
    ? asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(Class.UNIVERSAL, Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date))
}

/** `[tag] EXPLICIT` around a value. */
export function explicit(tag: number, value: Der): Der {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag, true, [value])
}

/** `[tag] IMPLICIT` primitive bytes. */
export function implicit(tag: number, bytes: Uint8Array): Der {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag, false, Buffer.from(bytes).toString('latin1'))
}

function primitive(type: forge.asn1.Type, bytes: Uint8Array): Der {
  return asn1.create(Class.UNIVERSAL, type, false, Buffer.from(bytes).toString('latin1'))
}
