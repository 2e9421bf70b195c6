"""How the lines of the checklists are judged that no fault alone decides."""
