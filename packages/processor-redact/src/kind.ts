/** What is looked for without being told how it looks. */
export const kinds = ['credit_card', 'email', 'ip_address', 'token'] as const

export type Kind = (typeof kinds)[number]

/** Number of a kind in findings. */
export const Kinds = { credit_card: 0, email: 1, ip_address: 2, token: 3 } as const satisfies { [kind in Kind]: number }
