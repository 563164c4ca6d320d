const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** A count: `12,340`. */
export const grouped = (count: number): string => whole.format(count)

/** A rate without its unit, as exact as it is worth: `0.3`, `12,340`. */
export const perSecond = (rate: number): string => (rate < 10 ? fine : whole).format(rate)

export const percent = (share: number): string =>
  share > 0 && share < 0.005 ? '<1 %' : `${whole.format(share * 100)} %`

export const megabytes = (bytes: number): string => `${whole.format(bytes / 1e6)} MB`
