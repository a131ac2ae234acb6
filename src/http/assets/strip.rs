//! Takes out of scripts and style sheets what is only for us. The build script uses this file as well.

/// Returns a file as it is served, by its name.
pub fn served(name: &str, text: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, "css")) => tight(&bare(text)),
        Some((_, "js")) => bare(text),
        _ => text.to_owned(),
    }
}

/// Returns code without indentation and comments. Its lines stay, so that a browser names the right one. Our code has no text
/// that goes over several lines, for which that would be wrong: `tests/architecture.rs` checks it.
fn bare(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut in_comment = false;
    for line in code.lines().map(str::trim) {
        let begins = line.starts_with("/*");
        let comment = in_comment || begins || line.starts_with("//");
        in_comment = (in_comment || begins) && !line.ends_with("*/");
        if !comment {
            out.push_str(match line.split_once(" // ") {
                // A quote follows: the slashes may be inside a string.
                Some((code, said)) if !said.contains(['"', '\'', '`']) => code,
                _ => line,
            });
        }
        out.push('\n');
    }
    out
}

/// Returns a style sheet without the spaces that only we read. None of ours has a text (`content`) in which these are seen.
fn tight(css: &str) -> String {
    let gaps = [(": ", ":"), ("; ", ";"), (", ", ","), (" {", "{"), ("{ ", "{"), (" }", "}"), (" > ", ">")];
    let ends = [("\n\n", "\n"), (",\n", ","), (";\n", ";"), ("{\n", "{"), ("}\n", "}")];
    gaps.iter().chain(&ends).fold(css.to_owned(), |css, (wide, narrow)| css.replace(wide, narrow))
}

#[cfg(test)]
mod tests {
    use super::{bare, tight};

    #[test]
    fn a_style_sheet_keeps_the_spaces_that_mean_something() {
        let css = ".a :is(b, .c) > d { margin: 0 auto; width: calc(1px + 2px) }\n@media (min-width: 3em) { e f { color: red } }\n";
        assert_eq!(tight(css), ".a :is(b,.c)>d{margin:0 auto;width:calc(1px + 2px)}@media (min-width:3em){e f{color:red}}");
    }

    #[test]
    fn code_keeps_its_lines_and_loses_what_is_for_us() {
        let code = "// why\nif (a) {\n  b(); // goes\n  d(\"a // b\"); // it's kept\n  /* two\n     lines */\n  c(\"/*\");\n}\n";
        assert_eq!(bare(code), "\nif (a) {\nb();\nd(\"a // b\"); // it's kept\n\n\nc(\"/*\");\n}\n");
    }
}
