//! By which names links find what a site has.

use super::links::{Goal, Place, other_paths, url_of};
use super::model::Output;
use super::names::{self, stem};
use super::route::Routes;

impl Routes {
    /// Makes everything known by all its names: exact paths before names without ending, and those before addresses.
    pub(crate) fn name_all(&mut self) {
        let places: Vec<(String, Place)> = self
            .pages
            .iter()
            .enumerate()
            .map(|(number, page)| (page.file.clone(), Place::Page(number)))
            .chain(
                self.waiting
                    .iter()
                    .map(|waiting| (waiting.file.clone(), Place::Waiting)),
            )
            .collect();
        let links = &mut self.links;
        for (file, place) in &places {
            links.add_path(file, *place);
        }
        let mut assets = Vec::new();
        for (path, output) in &self.outputs {
            if matches!(output, Output::Asset(_)) {
                links.add_other(path.as_str(), url_of(path.as_str()));
                assets.extend(
                    links
                        .other(path.as_str())
                        .map(|place| (path.as_str(), place)),
                );
            }
        }
        for (file, place) in &places {
            let is_index = matches!(names::key(stem(file)).as_str(), "index" | "readme");
            for path in other_paths(file, is_index) {
                links.add_path(&path, *place);
            }
        }
        for (path, output) in &self.outputs {
            let path = path.as_str();
            let short = path
                .strip_suffix("index.html")
                .map(|path| path.trim_end_matches('/'));
            let page = match output {
                Output::Page(page) | Output::Redirect(page) => Some(*page),
                Output::Home => self.home,
                _ => None,
            };
            for name in short.into_iter().chain([path]) {
                match page {
                    Some(page) => links.add_path(name, Place::Page(page)),
                    None => links.add_other(name, url_of(path)),
                }
            }
        }
        for above in [false, true] {
            for (file, place) in &places {
                links.add_name(file, stem(file), *place, above);
                links.add_name(file, names::file_name(file), *place, above);
            }
            for (file, place) in &assets {
                links.add_name(file, names::file_name(file), *place, above);
            }
            for (number, page) in self.pages.iter().enumerate() {
                links.add_name(&page.file, &page.title, Place::Page(number), above);
            }
        }
    }

    /// Where a link of the header leads to.
    pub(crate) fn nav_goal(&self, url: &str) -> Goal {
        let Some(path) = url.strip_prefix('/') else {
            return Goal::Written(url.to_owned());
        };
        let end = path.find(['#', '?']).unwrap_or(path.len());
        let (path, rest) = path.split_at(end);
        let url = match self.links.path("", path) {
            Some(Place::Page(page)) => self.pages[page].url.clone(),
            _ => path.to_owned(),
        };
        Goal::Inside(format!("{url}{rest}"))
    }
}
