/** Asks `cargo traced view` for the spans that it has received, as they come. */
import { type Document, add, emptyDocument } from "./otlp";

/** What `/live` answers: the parts from a number on, and the number of the first one that is still kept. */
interface Answer {
  /** Of which process the numbers are. */
  run: string;
  first: number;
  next: number;
  /** There is more than fits into one answer. */
  more: boolean;
  dropped: number;
  names: string[];
  /** Number, position in `names`, and OTLP JSON. */
  parts: [number, number, unknown][];
}

/** Parts that were received, without those that the receiver keeps no longer. */
export class Received {
  private run = "";
  private next = 0;
  private parts = new Map<number, [number, unknown]>();
  private names: string[] = [];
  private dropped = 0;

  /** What to ask for. */
  get query(): string {
    return `after=${this.next}&run=${encodeURIComponent(this.run)}`;
  }

  /** Whether there is something new to show. */
  take(answer: Answer): boolean {
    const restarted = answer.run !== this.run;
    // A receiver that was started again shows its own spans: the old ones would stay for ever.
    if (restarted) this.parts.clear();
    this.run = answer.run;
    this.next = answer.next;
    this.names = answer.names;
    this.dropped = answer.dropped;
    for (const [number, source, json] of answer.parts) this.parts.set(number, [source, json]);
    let left = false;
    for (const number of this.parts.keys()) {
      if (number >= answer.first) break;
      this.parts.delete(number);
      left = true;
    }
    return restarted || left || answer.parts.length > 0;
  }

  /** A document for each file, or one for all that was received. */
  documents(lost: boolean): Document[] {
    const names = this.names.length > 0 ? this.names : ["received"];
    const documents = names.map((name) => emptyDocument(name));
    for (const [source, json] of this.parts.values()) {
      const document = documents[source];
      if (document) add(document, json);
    }
    documents.forEach((document, index) => {
      document.facts = { reason: "live", message: lost ? "lost" : "", dropped: index === 0 ? this.dropped : 0 };
    });
    return documents;
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Shows what comes for as long as the page is open. */
export async function follow(show: (documents: Document[]) => void): Promise<never> {
  const received = new Received();
  let lost = false;
  for (;;) {
    try {
      const response = await fetch(`live?${received.query}`);
      if (!response.ok) throw new Error(String(response.status));
      const answer = (await response.json()) as Answer;
      const isNew = received.take(answer) || lost;
      lost = false;
      if (answer.more) continue;
      const before = performance.now();
      if (isNew) {
        show(received.documents(false));
        // After it is drawn.
        await pause(0);
        await pause(0);
      }
      // The more there is to draw, the seldomer it is drawn: the page stays usable.
      await pause(Math.max(300, 4 * (performance.now() - before)));
    } catch {
      if (!lost) show(received.documents(true));
      lost = true;
      await pause(2000);
    }
  }
}
