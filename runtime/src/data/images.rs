//! Folders of pictures.

use std::io::{self, Cursor};
use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};

use super::files::read_whole;
use super::{Batch, Dataset, Samples, TensorDataset};
use crate::{DataFileProblem as Problem, Error, Labels, Result, Scalar, Tensor, memory};

/// The maximum size of a file in bytes.
const FILE_BYTES: u64 = 256 << 20;
/// The maximum size of a picture in memory, in bytes.
const PICTURE_BYTES: u64 = 512 << 20;
/// The largest ratio of the size of a picture to the size of its file. Deflate packs at most 1032 bytes into
/// one.
const RATIO: u64 = 1100;

/// Pictures in one folder per class, as PNG or JPEG files (feature `images`).
///
/// The classes are the names of the folders, sorted; the pictures of a class are sorted by their names. Files
/// with other endings, and names that begin with a dot, are ignored. The pictures are decoded when a batch is
/// read: [`DataLoader::workers`](super::DataLoader::workers) does so ahead of the loop, and
/// [`read`](Self::read) once for all.
///
/// # Shapes
/// inputs `[batch, 3, height, width]`, or `[batch, 1, height, width]` in grey, in [0, 1]; targets: labels.
///
/// # Panics
/// In a batch, if a picture is damaged or has another size than the first one. The message contains the path
/// and the sample's index.
///
/// # Source
/// torchvision's `ImageFolder`.
///
/// # Example
/// ```no_run
/// use training_loop::prelude::*;
/// use training_loop::data::ImageFolder;
///
/// # fn main() -> Result<()> {
/// let pictures = ImageFolder::new("flowers/train")?.resize(64, 64);
/// println!("{:?}", pictures.classes());
/// let train = DataLoader::new(pictures, 32).shuffle(0).workers(4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ImageFolder {
    classes: Vec<String>,
    files: Vec<(PathBuf, u32)>,
    /// The height and the width.
    size: (usize, usize),
    is_resized: bool,
    is_gray: bool,
}

impl ImageFolder {
    /// Lists the pictures below `folder`, and reads the size of the first one.
    ///
    /// # Errors
    /// [`Error::Io`] if a folder cannot be read. [`Error::DataFile`] if there is no class, if a class has no
    /// picture, or if the first picture cannot be read.
    pub fn new(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let (mut classes, mut files) = (Vec::new(), Vec::new());
        for path in sorted(folder)?.into_iter().filter(|path| path.is_dir()) {
            let label = classes.len() as u32;
            let pictures = sorted(&path)?.into_iter().filter(|path| is_picture(path));
            let before = files.len();
            files.extend(pictures.map(|path| (path, label)));
            if files.len() == before {
                return Err(Error::DataFile { path, problem: Problem::NoImages });
            }
            classes.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        let Some((first, _)) = files.first() else {
            return Err(Error::DataFile { path: folder.to_path_buf(), problem: Problem::NoImages });
        };
        let picture = decode(first)?;
        let size = (picture.height() as usize, picture.width() as usize);
        Ok(Self { classes, files, size, is_resized: false, is_gray: false })
    }

    /// Resizes all pictures, linearly and without keeping their proportions.
    ///
    /// # Panics
    /// If a side is 0 or above 65,535.
    #[track_caller]
    pub fn resize(self, height: usize, width: usize) -> Self {
        let is_fine = |side: usize| (1..=65_535).contains(&side);
        assert!(
            is_fine(height) && is_fine(width),
            "resize: the sides {height} and {width} must be in 1 to 65,535"
        );
        Self { size: (height, width), is_resized: true, ..self }
    }

    /// Converts all pictures to one channel of grey.
    pub fn grayscale(self) -> Self {
        Self { is_gray: true, ..self }
    }

    /// The names of the classes; the label of a class is its index.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The path of a picture.
    ///
    /// # Panics
    /// If the index is out of range.
    #[track_caller]
    pub fn path(&self, index: usize) -> &Path {
        &self.files[index].0
    }

    /// Decodes one picture.
    ///
    /// # Shapes
    /// `[channels, height, width]`
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read. [`Error::DataFile`] if it is damaged, or if the picture has
    /// another size than the first one and is not resized.
    ///
    /// # Panics
    /// If the index is out of range.
    #[track_caller]
    pub fn picture(&self, index: usize) -> Result<Tensor> {
        let path = &self.files[index].0;
        let mut picture = decode(path)?;
        let (height, width) = self.size;
        let found = (picture.height() as usize, picture.width() as usize);
        if found != self.size {
            if !self.is_resized {
                let problem = Problem::ImageSize { expected: self.size, found };
                return Err(Error::DataFile { path: path.clone(), problem });
            }
            picture = picture.resize_exact(width as u32, height as u32, FilterType::Triangle);
        }
        let (channels, pixels) = if self.is_gray {
            (1, picture.into_luma8().into_raw())
        } else {
            (3, picture.into_rgb8().into_raw())
        };
        // From one pixel after the other to one channel after the other.
        Ok(Tensor::from(ndarray::Array3::from_shape_fn(
            (channels, height, width),
            |(channel, row, column)| {
                Scalar::from(pixels[(row * width + column) * channels + channel]) / 255.0
            },
        )))
    }

    /// Decodes all pictures into memory.
    ///
    /// # Errors
    /// The errors of [`picture`](Self::picture).
    pub fn read(&self) -> Result<TensorDataset> {
        let (height, width) = self.size;
        let numbers = (self.files.len() as u64)
            .saturating_mul((height * width * if self.is_gray { 1 } else { 3 }) as u64);
        let needed = numbers.saturating_mul(3 * size_of::<Scalar>() as u64);
        memory::check(needed)
            .map_err(|_| Error::DataFile { path: self.files[0].0.clone(), problem: Problem::Memory })?;
        let pictures: Vec<Tensor> =
            (0..self.files.len()).map(|index| self.picture(index)).collect::<Result<_>>()?;
        let pictures = crate::stack(&pictures.iter().collect::<Vec<_>>(), 0);
        TensorDataset::new(pictures, self.files.iter().map(|(_, label)| *label).collect::<Labels>())
    }
}

impl Dataset for ImageFolder {
    type Input = Tensor;
    type Target = Labels;

    fn len(&self) -> usize {
        self.files.len()
    }

    #[track_caller]
    fn batch(&self, indices: &[usize]) -> Batch {
        Samples::fallible(self.files.len(), |index| {
            Ok::<_, Error>((self.picture(index)?, self.files[index].1))
        })
        .batch(indices)
    }
}

/// The contents of a folder, sorted, without hidden ones.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let unread = |error: io::Error| Error::io(folder, "read", error);
    let entries = std::fs::read_dir(folder).map_err(unread)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<io::Result<_>>().map_err(unread)?;
    paths.retain(|path| !path.file_name().unwrap_or_default().to_string_lossy().starts_with('.'));
    paths.sort_unstable();
    Ok(paths)
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    path.is_file() && ["png", "jpg", "jpeg"].contains(&&*ending)
}

fn decode(path: &Path) -> Result<DynamicImage> {
    let bytes = read_whole(path, FILE_BYTES)?;
    decoded(&bytes).map_err(|problem| Error::DataFile { path: path.to_path_buf(), problem })
}

/// Decodes a file. A size that a file of this length cannot have is refused before memory is allocated.
fn decoded(bytes: &[u8]) -> Result<DynamicImage, Problem> {
    let content = |error: &dyn std::fmt::Display| Problem::Content { reason: error.to_string() };
    let limit = (bytes.len() as u64).saturating_mul(RATIO).saturating_add(1 << 16).min(PICTURE_BYTES);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(limit);
    let reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| content(&error))?;
    let mut reader = reader;
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(|error| content(&error))?;
    let (width, height) = decoder.dimensions();
    let needed = decoder.total_bytes();
    if needed > limit {
        let shape = vec![u64::from(height), u64::from(width)];
        return Err(Problem::Size { shape, needed: Some(needed), available: bytes.len() as u64 });
    }
    if width == 0 || height == 0 {
        return Err(Problem::Content { reason: "the picture has no pixels".to_owned() });
    }
    decoder.set_limits(limits).map_err(|error| content(&error))?;
    DynamicImage::from_decoder(decoder).map_err(|error| content(&error))
}

#[cfg(test)]
mod tests;
