import type { Span, SpanScope } from "@wheelhouse/core";

/** Pieces kept as a span's outputs; more would hold a long stream in memory. */
const MAX_PIECES = 1_000;

/** The span that a generator's pieces belong to. */
export interface PieceSpan {
  readonly scope: SpanScope;
  readonly span: Span;
  readonly ended: (outputs: unknown) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * A generator whose every step runs within a span. The span ends with the last piece, with an error, or
 * when the reader leaves.
 */
export function tracedPieces(
  source: AsyncGenerator<unknown, unknown, unknown>,
  { scope, span, ended, failed }: PieceSpan,
): AsyncGenerator<unknown, unknown, unknown> {
  const pieces: unknown[] = [];
  let over = false;
  const settle = (tell: () => void): void => {
    // A reader may ask again after the end.
    if (!over) tell();
    over = true;
  };
  const take = async (
    step: () => Promise<IteratorResult<unknown>>,
  ): Promise<IteratorResult<unknown>> => {
    try {
      const result = await scope.run(span, step);
      if (result.done === true) settle(() => ended(pieces));
      else if (pieces.length < MAX_PIECES) pieces.push(result.value);
      return result;
    } catch (error) {
      settle(() => failed(error));
      throw error;
    }
  };
  return {
    next: (value: unknown) => take(() => source.next(value)),
    return: (value: unknown) => take(() => source.return(value)),
    throw: (error: unknown) => take(() => source.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined);
    },
  };
}
