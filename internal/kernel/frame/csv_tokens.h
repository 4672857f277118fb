// The inner loop of the CSV reader, included once per instruction set: TOKENS names the function, TARGET its attribute, MASKS its way to find
// commas and newlines among 64 bytes. A record whose end is not in the buffer is left for later.

// TOKENS finds the fields of up to max records behind r->pos and notes where the wanted ones lie. It returns the number of rows; s->stop says
// why it ended before max.
TARGET static int64_t TOKENS(csv_state *s, int64_t max) {
	sf_reader *r = &s->r;
	const char *buf = r->buf;
	const int64_t len = r->len;
	const char comma = (char)r->text->comma, quote = (char)r->text->quote;
	const bool quotes = !r->text->no_quotes, comments = r->text->comment != 0;
	const int32_t ncols = r->text->ncols;
	const int32_t *slot = s->slot;
	int64_t p = r->pos, row = 0, base = p & ~63LL;
	uint64_t high = 0, mask;
	MASKS(buf + base, comma, mask, high);
	mask &= ~0ULL << (p & 63);
	s->stop = STOP_FULL;
	while (row < max) {
		const int64_t record = p;
		if (p >= len) {
			s->stop = STOP_END;
			break;
		}
		if (comments && buf[p] == (char)r->text->comment) {
			const char *nl = memchr(buf + p, '\n', (size_t)(len - p));
			if (!nl && !r->eof) {
				s->stop = STOP_MORE;
				break;
			}
			p = nl ? nl - buf + 1 : len;
			r->pos = p;
			base = p & ~63LL;
			MASKS(buf + base, comma, mask, high);
			mask &= ~0ULL << (p & 63);
			continue;
		}
		int32_t f = 0;
		int64_t start, end, e;
		uint32_t flags;
		for (;; f++) {
			start = p;
			flags = 0;
			if (quotes && p < len && buf[p] == quote) {
				int64_t close = csv_closing(s, p, &flags);
				if (close < 0)
					goto out;
				start = p + 1;
				end = close;
				p = close + 1;
				base = p & ~63LL;
				MASKS(buf + base, comma, mask, high);
				mask &= ~0ULL << (p & 63);
			} else {
				end = -1;
			}
			while (!mask) {
				base += 64;
				if (base >= len)
					break;
				MASKS(buf + base, comma, mask, high);
			}
			e = mask ? base + __builtin_ctzll(mask) : len;
			if (e >= len) {
				if (!r->eof) {
					s->stop = STOP_MORE;
					goto out;
				}
				e = len;
				mask = 0;
			}
			mask &= mask - 1;
			const bool last = e == len || buf[e] == '\n';
			if (end < 0) {
				end = e;
				if (last && end > start && buf[end - 1] == '\r')
					end--;
			} else if (p != e && !(last && p + 1 == e && buf[p] == '\r')) {
				csv_fail_at(s, E_QUOTE_END, f, p, buf + start - 1, e - start + 1);
				goto out;
			}
			p = e + 1;
			if (f < ncols) {
				if (slot[f] >= 0)
					s->spans[slot[f]][row] = (span){(uint32_t)start, (uint32_t)(end - start) | flags};
			}
			if (last)
				break;
		}
		if (p > len)
			p = len;
		if (f == 0 && end == start && !(flags & QUOTED)) { // an empty line
			r->pos = p;
			continue;
		}
		if (f >= ncols) {
			r->scan->input->error.expected = ncols;
			r->scan->input->error.seen = f + 1;
			csv_fail_at(s, E_FIELDS, -1, record, buf + record, p - record);
			goto out;
		}
		for (f++; f < ncols; f++)
			if (slot[f] >= 0)
				s->spans[slot[f]][row] = (span){0, MISSING};
		row++;
		r->pos = p;
	}
out:
	s->high |= high;
	return row;
}
