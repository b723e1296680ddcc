-- A person as of today: the records of a youth are not the public's, until the eighteenth birthday (41-5-215 MCA).
CREATE VIEW person_today AS
SELECT person.*, coalesce(birth_date > date('now', '-18 years'), 0) AS is_youth FROM person;
