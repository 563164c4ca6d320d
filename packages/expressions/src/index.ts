/** What operators write to choose records and to compute from them: conditions and expressions (CEL), and patterns. */
export {
  type ConditionProblem,
  checkCondition,
  checkExpression,
  compileCondition,
  compileExpression,
} from './condition.ts'
export { checkPattern, compilePattern, type PatternGuard, type PatternProblem } from './pattern.ts'
