"""What is spoken to the recognizer in training: the answers, and what must be refused.

Left out on purpose, neither taught nor refused: "yup" and a lone "I do" (their meaning is carried by too
little sound), and words that sound the same as an answer ("know", "shore", "naw", "yah").
"""

YES_PHRASES = ["yes", "yeah", "yep", "yes I do", "correct", "sure"]
NO_PHRASES = ["no", "nope", "nah", "no I don't", "I do not", "not really"]
PHRASES = YES_PHRASES + NO_PHRASES
REJECT = len(PHRASES)  # the class index of everything else

# Ways people say each answer around the English-speaking world, as flite's phones. Repeats are weights.
GOAT = ["ow", "ow", "ow", "ax uw", "ax uh", "ax w", "er uw", "ah uw", "ao", "ao uh"]  # the vowel of "no"


def with_goat(before, after=""):
    return [f"{before} {vowel} {after}".strip() for vowel in GOAT]


PRONUNCIATIONS = {
    "yes": ["y eh s", "y eh s", "y eh s", "y ih s", "y ae s", "y eh ax s"],
    "yeah": ["y ae", "y eh ax", "y eh ax", "y eh", "y ae ax", "y eh r", "y eh er"],
    "yep": ["y eh p", "y eh p", "y ih p", "y ae p"],
    "yes I do": [
        "y eh s ay d uw", "y eh s ay d uw", "y eh s ax d uw", "y eh s oy d uw", "y ih s ay d uw", "y eh s aa d uw",
    ],
    "correct": ["k er eh k t", "k ax r eh k t", "k ax r eh k t", "k er r eh k t", "k r eh k t", "k ao r eh k t",
                "k ax r eh k", "k uh r eh k t", "k aa r eh k t", "k ax r ae k t"],
    "sure": ["sh uh r", "sh er", "sh uh ax", "sh ao", "sh ao r", "sh uw r", "sh uw er", "sh uw ax", "sh ow r"],
    "no": with_goat("n"),
    "nope": with_goat("n", "p"),
    "nah": ["n aa", "n ae", "n ah", "n aa aa", "n aa ax"],
    "no I don't": with_goat("n", "ay d ow n t") + with_goat("n ow ay d", "n t") + [
        f"n {v} {i} d {v} n t" for v in ("ax uw", "ax uh", "ao", "ah uw") for i in ("ay", "oy")
    ] + ["n ow ay d ow n", "n ow ax d ow n t", "n ow aa d ow n t"],
    "I do not": ["ay d uw n aa t", "ay d uw n aa t", "ay d uw n ao t", "ay d ax n aa t", "oy d uw n ao t", "aa d uw n aa t"],
    "not really": ["n aa t r iy l iy", "n aa t r ih ax l iy", "n ao t r iy l iy", "n aa t r iy ax l iy", "n ao t r ih l iy",
                   "n aa t r ey l iy"],
}

# How a regional speaker moves phones of any text; at most a few of these at once.
ACCENT_CHANGES = {
    "ow": ["ax uw", "ax uh", "ao", "ah uw"], "ay": ["oy", "aa"], "er": ["ax", "ah", "eh r"], "aa": ["ao"],
    "ae": ["aa", "eh"],
    "ey": ["ay", "eh"], "uw": ["uh"], "ah": ["uh", "ax"], "eh": ["ih", "ae"], "th": ["t", "f"], "dh": ["d"], "ih": ["iy"],
}

# Sounds that a telephone or an accent may turn into one another: never used to make a refused near-word.
_ALIKE = ["n ng m", "s z th", "y iy", "eh ih ae ax", "ae aa ah ax", "ow uw ao uh ax er aw oy", "uh uw ao er ax ow",
          "aa ao ah ae aw", "p b", "t d", "k g", "sh zh ch", "ay oy aa", "iy ih ey", "r er ax", "l w"]
_CONSONANTS = "b ch d f g hh jh k l m n p r s sh t v w y z th".split()
_VOWELS = "aa ae ah ao ay eh er ey ih iy ow oy uh uw aw".split()

# Pronunciations of an answer in some accent, and those that a telephone cannot tell from one: never refused speech.
_ANSWERS = {way for ways in PRONUNCIATIONS.values() for way in ways} | {
    "n er", "n uh", "n ax", "n ao r", "sh aa", "sh aa r", "sh ax", "y ih", "y ax s", "y ah s", "y ax p", "y ah p", "y er",
}


def is_answer(phones):
    return " ".join(phones) in _ANSWERS


def near_word(rng):
    """A word that differs from an answer in one sound that matters: the sharpest lesson in what to refuse."""
    while is_answer(phones := _changed_answer(rng)):  # one sound away from one answer may be another: "yes", "yep"
        pass
    return phones


def _changed_answer(rng):
    answer = PHRASES[rng.integers(len(PHRASES))]
    phones = PRONUNCIATIONS[answer][0].split()
    at = int(rng.integers(len(phones)))
    old = phones[at]
    kind = rng.random()
    if kind < 0.75 or len(phones) < 3:
        pool = _VOWELS if old in _VOWELS else _CONSONANTS
        far = [p for p in pool if p != old and not any(p in a.split() and old in a.split() for a in _ALIKE)]
        phones[at] = far[rng.integers(len(far))]
    else:  # one more sound before or behind: "snow", "guest"
        extra = ["s", "t", "k", "b", "f", "m", "iy", "d", "l", "g"][rng.integers(10)]
        phones = [extra, *phones] if rng.random() < 0.5 else [*phones, extra]
        if phones[-1] in ("s", "t", "d", "iy") and answer in ("yes", "correct", "yes I do", "nope", "yep"):
            phones = [extra, *PRONUNCIATIONS[answer][0].split()]
    return phones


# Never used as refused speech, since they sound like an answer or mean one.
SOUNDS_LIKE_AN_ANSWER = set(
    "know yea yeas yah ya yup yap naw gnaw nigh shore shaw sher noh noe nos no's yes's yeses nopes sures i do nay ne "
    "sure correct corrects yes no nope nah yeah yep nor gnar yer you're your yore".split()
)

NEAR_NEIGHBOURS = """
yellow|note|guess|show|yet|nothing|yes but no|collect|north|knee|year|yesterday|yard|young|yawn|less|chess
|dress|mess|press|west|best|rest|test|bless|us|ask|this|is|as|its|miss|kiss|pass|gas|ice|yeast|jest|jess
|says|set|yell|yen|get|net|let|bet|step|pep|rep|kept|yelp|help|app|up|cap|tap|map|lap|slap|yank|yak
|year and a half|here|hair|air|ear|era|area|idea|yo|you|ye|yay|hey|hay|say|day|way|may|they|ray|nay say
|neigh|nail|name|main|now|new|knew|nine|none|nun|noon|need|near|next|neck|nice|night|nick|nip|nap|nut|knot
|nod|node|nose|noise|nobody|nowhere|no one|notice|noble|known|knows|knowing|november|novel|number|never
|normal|narrow|snow|slow|low|go|so|toe|mow|row|bow|though|throw|grow|blow|flow|hello|low|mode|moan|loan|lone
|own|home|phone|stone|bone|cone|tone|zone|don't|won't|dope|hope|soap|rope|pope|cope|slope|open|note it|notes
|nod off|not|hot|got|lot|dot|what|gnat|nag|nab|la|ma|pa|ha|car|far|bar|na na na|mama|papa|llama|saw|law|raw
|jaw|door|more|four|for|or|your name|shower|shoe|she|shirt|short|shop|shot|should|shut|shows|shore line
|shorter|sugar|show me|share|shared|chair|cheer|church|sir|stir|her|fur|were|sewer|tour|poor|pure|cure
|assure|ensure|insurance|surely not|assured|measure|pressure|tissue|issue|direct|connect|erect|elect|select
|effect|detect|wreck|wrecked|respect|direction|correction|collection|connection|corrupt|correspond|incorrect
|not correct|that's not correct|create|crate|crack|record|rect|neglect|object|subject|project|expect|perfect
|current|carrot|coral|corner|cricket|secret|I don't know|I do not know|I don't think so either|I do now
|I do nothing|I do need|I do know|I doubt it|I do what|I did not hear|I don't understand|I do not understand
|I do not care|I don't care|I don't remember|I do not remember|I'm not sure|not sure|not now|not yet
|not today|not here|not me|not ready|not at all sure|nearly|really|really not sure|really what
|are you really|merely|rarely|not reality|knock rally|not relevant|not ready yet|naughty|nutty|net really
|next really|what really|yes or no|yes and no|yeah no|no yeah|no yes|yes no|yes no maybe|no maybe yes
|maybe yes|maybe no|yes but|no but yes|well yes and no|maybe|perhaps|possibly|sometimes|it depends|could be
|I guess|I suppose|I think so maybe|kind of|sort of|hard to say|hold on|wait|one moment|just a second
|hang on|hold on please|give me a minute|let me think|let me see|hmm|um|uh|uhm|er|ah|oh|mm|what|pardon|sorry
|excuse me|who|why|when|where|how|which|huh|come again|say that again|repeat|repeat that please|again
|can you repeat that|I can't hear you|operator|agent|representative|help|human|a person please
|speak to someone|stop|stop calling|stop calling me|take me off your list|remove me|goodbye|bye|hang up
|cancel|quit|leave me alone|hello|hi|good morning|good afternoon|thank you|thanks|please|okay|alright|fine
|great|good|cool|wow|oops|whatever|who is this|who are you|what is this about|what did you say
|where are you calling from|is this a robot|are you a robot|you know|I know|do you know|I know that
|who knows|let me know|you know what|know it all|I knew|do you|do I|do I what|do not call|did you|due|dew
|dude|duty|I|I am|I'm|I have|I had|I was|I will|I want|I need|I see|I hear you|I said|I say so|my|mine|die
|guide|idol|ideal|eyed|I'd do it|I'd|item|eye doctor|redo|undo|tattoo|who do|voodoo|adieu|to do list|can do
|how do you do|as I do|yes I don't know|yes I did not|yes I do not|no I do|no I did|no I know|no idea
|no problem|no comment|no matter|no more time|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve
|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy
|eighty|ninety|hundred|thousand|zero|oh one|oh five|nine one one|twenty one|thirty five|forty two
|sixty seven|ninety nine|one hundred|two thousand|fifty six|eighty eight|nineteen ninety|a|b|c|d|e|f|g|h|i|j
|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|s s|n o|y e s|m o|f s|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday
|Sunday|January|February|March|April|June|July|August|September|October|December|Noah|Norah|Nora|Joe|Jo|Flo
|Leo|Ness|Vanessa|Jess|Tess|Bess|Wes|Les|Russ|Jessica|Yolanda|Yvonne|Yasmin|Jeff|Jack|Nick|Nate|Nathan|Nancy
|Naomi|Nadia|Anna|Hannah|Diana|Donna|John|Mary|James|Robert|Linda|Susan|Michael|David|Karen|Sarah|Peter|Paul
|Share|Cher|Sherry|Charlotte|Sheila|Sean|Shirley|Cora|Corey|Carrie|Kirk|Eric|Derek|Rick|Victor|Hector|Bert
|Ben|Beth|Ned|Ted
""".replace("\n", "").split("|")

SENTENCES = """
I am sixty five years old|my name is John Smith|I live in New York City|could you call me back later today
|I have medicare part A and part B|she is not at home right now|the weather is very nice today
|what is the price of that|I would like to speak to a manager|we had dinner at seven o'clock
|it was a long time ago|they are coming next week|please send me a letter in the mail
|my phone number is five five five one two three four|I was born in nineteen fifty two
|who gave you my number|that sounds interesting tell me more|are you trying to sell me something
|I am driving at the moment|the quick brown fox jumps over the lazy dog|turn the television down please
|dinner is ready come to the table|where did you put the keys|let me get my glasses
|my husband takes care of that|I will ask my wife about it|how long is this going to take
|the address is twelve main street|he went to the doctor on Monday|put that down over there
|the number you have dialed is not in service|please leave a message after the tone
|we will be right back after this message|our office is closed until tomorrow|press one to continue
|your call is important to us|the meeting has been moved to thursday|I already told you last week
|it depends on how much it costs|there are twenty people in the room|open the window a little
|this is a terrible connection|the dog is barking again|can I have your name please
|I need a moment to think about that|my birthday is the fourth of July|tell me what it is about first
|we moved here in two thousand and ten|it is raining outside|the train leaves at half past nine
|he paid forty dollars for it|she said it was all right with her|a glass of water would be nice
""".replace("\n", "").split("|")


# Refused words that the first trainings took for answers, and the hedges that matter most: taught more often.
HARD = """yet|guess|guest|year|north|collect|direct|nurse|best|less|show|shoe|snow|note|knot|nod|knock|lot|now|yellow
|young|door|Joe|dough|low|go|oh|hold on|I don't know|I do not know|I'm not sure|maybe|what|operator|connect
|yes but no|dress|chess|yesterday|incorrect|chair|rope|hope|soap|you know|I know|right|nothing|none|nine|one
|four|six|seven|knee|new|hello|wait|step|help|shirt|short|nobody|rarely|merely|knowing|phone|don't|won't
|I don't think so either|I do now|I'm here|who|how|hot|jealous""".replace("\n", "").split("|")


def reject_texts(dictionary_words, rng, word_count):
    """Texts to refuse: the near neighbours, sentences, and `word_count` words drawn from a dictionary."""
    words = [
        word for word in dictionary_words
        if word.isalpha() and word.islower() and 2 < len(word) < 11 and word not in SOUNDS_LIKE_AN_ANSWER
    ]
    drawn = [str(word) for word in rng.choice(words, size=word_count, replace=False)]
    pairs = [f"{drawn[i]} {drawn[-i - 1]}" for i in range(0, word_count // 6)]
    return [t.strip() for t in NEAR_NEIGHBOURS if t.strip()], [s.strip() for s in SENTENCES], drawn + pairs
