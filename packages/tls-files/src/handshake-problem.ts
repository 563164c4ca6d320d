/** Why a handshake failed: OpenSSL's reason without the places in its source that the message has. */
export const handshakeProblem = (error: Error): string =>
  'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
