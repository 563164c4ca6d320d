import { WeirError } from '@weir/sdk'

export const stdinTaken = (component: string): WeirError =>
  new WeirError(`${component}: standard input is read by another receiver already`, {
    code: 'WEIR_STDIN_TAKEN',
    component,
    hint: 'configure one stdin receiver and name it in every pipeline that wants its records',
  })
