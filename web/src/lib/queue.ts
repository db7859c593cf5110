// Runs few at a time, in the order asked: a page of a hundred sparklines must not flood the node.
export class Queue {
  #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  constructor(readonly max: number) {}

  // Returns how to withdraw it; what has begun goes on.
  add(work: () => Promise<void>): () => void {
    this.#waiting.push(work);
    this.#next();
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== work);
    };
  }

  #next() {
    while (this.#running < this.max) {
      const work = this.#waiting.shift();
      if (!work) return;
      this.#running += 1;
      void work().finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }
}
