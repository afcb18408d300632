"""What notices say, Indonesian first, English second."""

REPORTER_EVENTS = frozenset({"submit", "dispose", "ask_completion", "ask_reporter", "answer", "approve", "remind"})
