import fc from 'fast-check'

const { WEIR_SEED = '2026' } = process.env

// Property tests draw the same cases in every run, so that a change is what makes them fail. A failure prints its seed.
fc.configureGlobal({ seed: Number(WEIR_SEED) })
