import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const key = randomBytes(32)

/** A secret as it is held and compared: of one length, and useless outside this process. */
export type Digest = Buffer

export const digestOf = (secret: string): Digest => createHmac('sha256', key).update(secret).digest()

/** Whether two secrets are the same. Takes as long whether they are or not. */
export const isSame = (one: Digest, other: Digest): boolean => timingSafeEqual(one, other)
