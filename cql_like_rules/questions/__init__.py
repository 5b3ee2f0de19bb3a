"""What a clinician is asked: forms, derived from the attestations that the criteria of a policy read."""

from cql_like_rules.questions.forms import Form, Question, form_for, form_needed, forms_of

__all__ = ["Form", "Question", "form_for", "form_needed", "forms_of"]
