/*
 * The life of a vote for the model checker Spin (SPEC.md §9.7 to §9.10, §10.4, §11): every order in which records can reach the log when the
 * board, the commission, one of two registrars, one of three trustees and one of two members are dishonest and work together.
 *
 *     spin -a vote.pml          && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m200000     what becomes of the honest member's ballots
 *     spin -a -DOTHER vote.pml  && ...                                                           what the other member can do
 *     spin -a -DHONEST vote.pml && ...                                                           that every vote of honest parties ends
 *
 * The first two are searched apart because the two members' ballots never meet. ../model_test.go runs all three, and then with each rule of
 * the protocol switched off (-DNO_...), when Spin must find a run that breaks a promise.
 *
 * What it shows: (1) a member has one counted ballot at most, and only credentials that the honest registrar has signed count; (2) a ballot
 * that was promised or receipted to the honest member counts, or that member has replaced it, or holds evidence; (3) what is opened is one
 * sealed log and no other, after q trustees have signed it and somebody honest has mixed it; (4) a ballot that was opened on a second device
 * does not count; (5) every vote of honest parties ends with the honest member's last ballot counted, whatever the order.
 *
 * What it leaves out: cryptography is ideal (a signature is its author's, a proof holds or does not, hashes do not collide), and secrecy is
 * not in it, but for the rules on who may open what. Key generation, replacement of trustees, the roll, petitions, forums: all that comes
 * before the opening has happened. What a ballot says is not modelled, only which ballot it is. The board shows two histories, not three; two
 * ballots of the honest member, three of the other and one relay, which is honest, stand for any number. The commission is part of the board.
 */

/* Credentials: 0 is the honest member's; 1 and 2 are the other's, who has one entry on the roll and asks for two. */
#define CREDS 3

/* Ballots: 0, and 1 that follows it, of credential 0; 2 and 3 are both first ballots of credential 1; 4 is of credential 2. */
#define BALLOTS 5
#define CRED(b) ((b) / 2)
#define FOLLOWS(b) ((b) == 1)
#ifdef OTHER
#define FIRST 2
#define LAST 4
#else
#define FIRST 0
#define LAST 1
#endif
#define CHECKED 3                  /* the ballot that the other member opens on a second device */

/* The two histories. B begins as a copy of A, when the board likes. */
#define A 0
#define B 1

#define T 2                        /* trustees needed to open */
#define M 2                        /* stages of the mix */

/* The rules that can be switched off. */
#ifdef NO_QUORUM
#define Q 2                        /* not above (n + t - 1) / 2 */
#else
#define Q 3
#endif
#ifdef NO_ONCE
#define MAYSIGN(c) 1
#else
#define MAYSIGN(c) (!granted[1] && !granted[2])     /* a registrar signs once for an entry */
#endif
#ifdef NO_MEMORY
#define FIRSTROOT(i) 1
#else
#define FIRSTROOT(i) (!tied[i])                                 /* a trustee signs one root */
#endif
#ifdef NO_INPUT
#define AGREED(x) 1
#else
#define AGREED(x) (INPUTS(x) >= Q)                              /* a share only when q have signed */
#endif
#ifdef NO_MIX
#define MIXED(x) 1
#else
#define MIXED(x) (h[x].stages == M)                             /* a share only of the last stage */
#endif
#ifdef NO_TURNS
#define NEWMIXER(x, i) 1
#else
#define NEWMIXER(x, i) (!h[x].mixed[i])                         /* a trustee mixes once */
#endif
#ifdef NO_SEAL
#define SEALABLE(x) 1
#else
#define SEALABLE(x) (h[x].relaydone && !PENDING(x, 0) && !PENDING(x, 1))
#endif

#define OPEN 0
#define CLOSED 1
#define SEALED 2

typedef History {
	byte phase;
	bit recorded[2];               /* the honest member's ballots: is in the log, void or not, */
	bit late[2];                   /* and came after the closing */
	byte last[CREDS];              /* the last accepted ballot of a credential, + 1; 0: none */
	bit listed[2];                 /* is in the relay's list */
	bit relaydone;                 /* the relay's last part is there */
	bit checked;                   /* the check record of CHECKED is there */
	bit inputs[3];                 /* a trustee has signed the root at the seal */
	byte stages;                   /* valid stages of the mix, */
	bit mixed[3];                  /* by whom */
	bit shares[3];
}

History h[2];
bit forked;
bit granted[CREDS] = { 1, 0, 0 };  /* signed by the honest registrar; the other signs whatever it is shown */
bit sent[2];                       /* the honest member has given ballot 0, 1 away */
bit promised[2];                   /* ... and holds the board's promise, */
bit relayed[2];                    /* the relay's promise (the relay has the ballot), */
bit receipted[2];                  /* a receipt */
byte pin = 2;                      /* the history of which the honest member holds a receipt made after the fork; 2: none */
byte relaypin = 2;                 /* the history that the relay has seen since the fork */
bit tied[3];                       /* a trustee has signed a root */
byte openedon = 2;                 /* the history in which the check record stood when the opening left its device; 2: it has not */

#define PENDING(x, b) (h[x].listed[b] && !h[x].recorded[b])
#define INPUTS(x) (h[x].inputs[0] + h[x].inputs[1] + h[x].inputs[2])
#define OPENED(x) (h[x].shares[0] + h[x].shares[1] + h[x].shares[2] >= T)
#define SHOWN(x) (x == A || forked)
#define MAYSEE(p, x) (SHOWN(x) && (p == 2 || p == x))

/* A record of ballot b arrives in history x. What the fold says of it: SPEC.md §10.4. */
inline put(x, b) {
	ok = 1;
	if :: h[x].phase == CLOSED -> if :: b > 1 -> ok = 0 :: else -> ok = h[x].listed[b] fi
	   :: else fi;
#ifndef NO_SPOIL
	if :: b == CHECKED && h[x].checked -> ok = 0 :: else fi;
#endif
#ifndef NO_CHAIN
	if :: FOLLOWS(b) && h[x].last[CRED(b)] != b -> ok = 0          /* it follows ballot b - 1, which is kept as b */
	   :: !FOLLOWS(b) && h[x].last[CRED(b)] != 0 -> ok = 0
	   :: else fi;
#endif
#ifndef NO_SIGNATURES
	if :: !granted[CRED(b)] -> ok = 0 :: else fi;
#endif
	if :: b < 2 -> if :: !h[x].recorded[b] && h[x].phase != OPEN -> h[x].late[b] = 1 :: else fi; h[x].recorded[b] = 1 :: else fi;
	if :: ok -> h[x].last[CRED(b)] = b + 1 :: else fi;
	ok = 0
}

/* What the honest member can show to somebody who has only the manifest, against history x: a receipt of another history; the promise of a
   ballot that is not in it, or came too late although nobody had listed it (SPEC.md §8.4, §9.9). */
#define LOST(x, b) (!h[x].recorded[b] || (h[x].late[b] && !h[x].listed[b]))
#define EVIDENCE(x, b) ((pin != 2 && pin != x) || ((promised[b] || relayed[b]) && LOST(x, b)))
#define HELD(b) (promised[b] || relayed[b] || receipted[b])

/* What must hold of a history that is opened, from then on. */
inline judge(x) {
	assert(!(h[x].last[1] && h[x].last[2]));                                                               /* (1) */
	assert((!h[x].last[0] || granted[0]) && (!h[x].last[1] || granted[1]) && (!h[x].last[2] || granted[2]));
	assert(!(h[x].last[0] == 1 && !sent[0]) && !(h[x].last[0] == 2 && !sent[1]));
	assert(!HELD(0) || h[x].last[0] == 1 || (h[x].last[0] == 2 && sent[1]) || EVIDENCE(x, 0));             /* (2) */
	assert(!HELD(1) || h[x].last[0] == 2 || EVIDENCE(x, 1));
	assert(!(OPENED(A) && OPENED(B)));                                                                     /* (3) */
	assert(h[x].phase == SEALED && INPUTS(x) >= T && h[x].stages == M && (h[x].mixed[1] || h[x].mixed[2]));
	assert(openedon != x || h[x].last[1] != CHECKED + 1)                                                   /* (4) */
}

/* What honest parties do. */
inline grant(c) { granted[c] = 1 }
#define MAYGRANT(c) (!granted[c] && MAYSIGN(c))

#ifdef NO_WAIT
#define MAYSEND(b) (!sent[b] && (b == 0 || sent[0]))
#else
#define MAYSEND(b) (!sent[b] && (b == 0 || receipted[0]))       /* the next ballot, with the receipt of the one before */
#endif
#define MAYRELAY(b) (sent[b] && !relayed[b] && !receipted[b] && h[A].phase == OPEN && h[B].phase == OPEN)

/* The member's client believes a receipt that continues what it has seen. One of a ballot after the closing is not believed unless it was listed. */
#define MAYRECEIVE(x, b) (sent[b] && !receipted[b] && MAYSEE(pin, x) && h[x].recorded[b] && !LOST(x, b))
#ifdef NO_CONSISTENCY
inline receive(x, b) { receipted[b] = 1 }
#else
inline receive(x, b) { receipted[b] = 1; if :: forked -> pin = x :: else fi }
#endif

/* The relay lists after the closing what it has promised and does not see in the log. */
#define MAYLIST(x) (MAYSEE(relaypin, x) && h[x].phase == CLOSED && !h[x].relaydone)
inline list(x) {
	if :: relayed[0] && !h[x].recorded[0] -> h[x].listed[0] = 1 :: else fi;
	if :: relayed[1] && !h[x].recorded[1] -> h[x].listed[1] = 1 :: else fi;
	h[x].relaydone = 1;
	if :: forked -> relaypin = x :: else fi
}

#define MAYINPUT(x, i) (SHOWN(x) && h[x].phase == SEALED && !h[x].inputs[i] && FIRSTROOT(i))
inline sign(x, i) { h[x].inputs[i] = 1; tied[i] = 1 }
#define MAYMIX(x, i) (SHOWN(x) && h[x].inputs[i] && AGREED(x) && h[x].stages < M && !h[x].mixed[i])
inline mix(x, i) { h[x].mixed[i] = 1; h[x].stages++ }
#define MAYSHARE(x, i) (SHOWN(x) && h[x].inputs[i] && !h[x].shares[i] && AGREED(x) && MIXED(x))
inline share(x, i) { h[x].shares[i] = 1; if :: OPENED(x) -> judge(x) :: else fi }

#ifdef HONEST

/* All parties are honest and there is one history. Every step is taken once, so every run is finite: it ends well, or Spin reports where it stops. */
active proctype everybody() {
	bit ok;
	do
	:: atomic { MAYSEND(0) -> sent[0] = 1 }
	:: atomic { MAYSEND(1) && h[A].phase == OPEN -> sent[1] = 1 }
	:: atomic { MAYRELAY(0) -> relayed[0] = 1 }
	:: atomic { MAYRELAY(1) -> relayed[1] = 1 }
	:: atomic { sent[0] && !h[A].recorded[0] && h[A].phase == OPEN -> put(A, 0); promised[0] = 1 }
	:: atomic { sent[1] && !h[A].recorded[1] && h[A].phase == OPEN -> put(A, 1); promised[1] = 1 }
	:: atomic { MAYRECEIVE(A, 0) -> receive(A, 0) }
	:: atomic { MAYRECEIVE(A, 1) -> receive(A, 1) }
	:: atomic { h[A].phase == OPEN && HELD(0) -> h[A].phase = CLOSED }          /* at any moment from then on */
	:: atomic { MAYLIST(A) -> list(A) }
	:: atomic { h[A].phase == CLOSED && PENDING(A, 0) -> put(A, 0) }
	:: atomic { h[A].phase == CLOSED && PENDING(A, 1) -> put(A, 1) }
	:: atomic { h[A].phase == CLOSED && SEALABLE(A) -> h[A].phase = SEALED }
	:: atomic { MAYINPUT(A, 0) -> sign(A, 0) }
	:: atomic { MAYINPUT(A, 1) -> sign(A, 1) }
	:: atomic { MAYINPUT(A, 2) -> sign(A, 2) }
	:: atomic { MAYMIX(A, 0) -> mix(A, 0) }
	:: atomic { MAYMIX(A, 1) -> mix(A, 1) }
	:: atomic { MAYMIX(A, 2) -> mix(A, 2) }
	:: atomic { MAYSHARE(A, 0) -> share(A, 0) }
	:: atomic { MAYSHARE(A, 1) -> share(A, 1) }
	:: atomic { MAYSHARE(A, 2) -> share(A, 2) }
	:: atomic { OPENED(A) ->
		assert(h[A].last[0] == 1 || h[A].last[0] == 2);                          /* (5) */
		assert(!HELD(1) || h[A].last[0] == 2);
		assert(!(EVIDENCE(A, 0)) && !(EVIDENCE(A, 1)));
		break }
	od
}

#else

inline copy() {
	h[B].phase = h[A].phase; h[B].relaydone = h[A].relaydone; h[B].checked = h[A].checked;
	h[B].recorded[0] = h[A].recorded[0]; h[B].recorded[1] = h[A].recorded[1]; h[B].late[0] = h[A].late[0]; h[B].late[1] = h[A].late[1];
	h[B].listed[0] = h[A].listed[0]; h[B].listed[1] = h[A].listed[1];
	h[B].last[0] = h[A].last[0]; h[B].last[1] = h[A].last[1]; h[B].last[2] = h[A].last[2];
	forked = 1
}

/* In each round history x, ballot b and trustee i are picked, then one thing is done that is possible with them, by whomever. The dishonest
   trustee, 0, signs every sealed history and has given its share of everything; the board's clock runs ahead, so that it need not wait before
   the seal. Of the two honest trustees, who are alike, 1 is the one who signs first. */
active proctype everybody() {
	byte x, b, i;
	bit ok;
	h[A].shares[0] = 1; h[B].shares[0] = 1;
	do
	:: atomic {
		if :: x = A :: forked -> x = B fi;
		select(b : FIRST .. LAST);
		select(i : 1 .. 2);
		if
		/* Honest: a registrar, a member, a relay, trustees. The dishonest member opens CHECKED when its check record is there. */
		:: b > 2 && MAYGRANT(b - 2) -> grant(b - 2)
		:: b < 2 && MAYSEND(b) -> sent[b] = 1
		:: b < 2 && MAYRELAY(b) -> relayed[b] = 1
		:: b < 2 && MAYRECEIVE(x, b) -> receive(x, b)
		:: b == CHECKED && openedon == 2 && h[x].checked -> openedon = x
		:: b < 2 && MAYLIST(x) -> list(x)
		:: (i == 1 || tied[1]) && MAYINPUT(x, i) -> sign(x, i)
		:: MAYMIX(x, i) -> mix(x, i)
		:: MAYSHARE(x, i) -> share(x, i)

		/* Dishonest: the board records what it has been given, again and again; of the other member it has everything. */
		:: h[x].phase < SEALED && (b > 1 || sent[b]) && h[x].last[CRED(b)] != b + 1 -> put(x, b)
		:: b < 2 && sent[b] && !promised[b] -> promised[b] = 1
		:: !forked && h[A].phase < SEALED -> copy()
		:: b == CHECKED && h[x].phase == OPEN && !h[x].checked && h[x].last[1] != CHECKED + 1 -> h[x].checked = 1
		:: h[x].phase == OPEN -> h[x].phase = CLOSED
		:: h[x].phase == CLOSED -> h[x].phase = SEALED; h[x].inputs[0] = 1
		:: h[x].phase == SEALED && AGREED(x) && h[x].stages < M && NEWMIXER(x, 0) -> mix(x, 0)
		:: else -> skip
		fi;
		x = 0; b = 0; i = 0
	}
	od
}

#endif
